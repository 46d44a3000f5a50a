/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// torch.distributed's process group over gloo, which libtorch has on Linux but gives no way to make: the constructors
// are exported, and two private layouts are filled in by hand, after a look at whether they are what is known of them.

#ifndef DJLEXT_PROCESS_GROUP_H
#define DJLEXT_PROCESS_GROUP_H

#include "probe.h"

extern "C" {
int socket(int family, int type, int protocol);
int setsockopt(int socket, int level, int option, const void* value, unsigned size);
int bind(int socket, const void* address, unsigned size);
int listen(int socket, int backlog);
int close(int file);
}

namespace {

// c10::intrusive_ptr: one pointer to a counted object, null once it was moved from.
class Counted {
   public:
    Counted() = default;
    // Takes over a reference.
    explicit Counted(void* object) : object_(object) {}
    Counted(const Counted& other) : object_(other.object_) {
        if (object_ != nullptr) references(object_).add(1);
    }
    Counted(Counted&& other) noexcept : object_(exchange<void*>(other.object_, nullptr)) {}
    Counted& operator=(const Counted&) = delete;
    ~Counted() {
        // The same code for each counted class: what to do is in the object's own table.
        if (object_ != nullptr) drop(object_);
    }
    void* get() const { return object_; }
    void* take() { return exchange<void*>(object_, nullptr); }

   private:
    void* object_ = nullptr;
};

// c10d::TCPStoreOptions
struct TcpStoreOptions {
    uint16_t port;
    bool is_server;
    Optional<size_t> workers;
    bool wait_for_workers;
    int64_t timeout;
    bool is_shared;
    Optional<int> listening;
    bool use_libuv;
};
static_assert(sizeof(TcpStoreOptions) == 56, "as libtorch reads it");

// c10d::ProcessGroupGloo::Options
struct GlooOptions {
    void* table;
    uint32_t counts[2];
    int64_t timeout;
    const char* backend;
    size_t backend_length;
    char backend_text[16];
    Vector<NodePointer> devices;  // a NodePointer stands for any std::shared_ptr
    int threads;
};
static_assert(sizeof(GlooOptions) == 0x58, "as libtorch lays it out");

// std::unordered_map and std::unordered_set of libstdc++: without entries, and with one, they have the one bucket that is
// inside of them.
struct HashTable {
    struct Entry {
        Entry* next;
        int8_t key;
        void* value;
        size_t hash;
    };
    void* buckets;
    size_t bucket_count;
    Entry* first;
    size_t count;
    float max_load;
    size_t next_resize;
    void* single_bucket;

    bool is_empty() const {
        return buckets == &single_bucket && bucket_count == 1 && first == nullptr && count == 0 && max_load == 1 &&
               single_bucket == nullptr;
    }
    // The key is 0, and so is its hash.
    void put_first(void* value) {
        first = new Entry{nullptr, 0, value, 0};
        single_bucket = &first;  // the entry before the first of the bucket
        count = 1;
    }
};
static_assert(sizeof(HashTable) == 0x38, "as libstdc++ lays it out");

// c10d::ProcessGroup
struct ProcessGroupObject {
    void* table;
    uint32_t counts[2];
    void* store;
    int rank;
    int size;
    uint8_t type;
    void* description[4];
    int debug_level;
    HashTable device_types;
    HashTable types_of_devices;
    HashTable backends_of_devices;
    HashTable backends_of_types;
};
static_assert(offsetof(ProcessGroupObject, device_types) == 0x50, "as libtorch lays it out");

struct GroupFunctions {
    void (*tcp_store)(void*, String host, const TcpStoreOptions&);
    void (*file_store)(void*, String path, int workers);
    void (*prefix_store)(void*, String prefix, Counted store);
    int64_t (*add)(void* prefix_store, const String& key, int64_t change);
    const int64_t& (*store_timeout)(const void*);
    void (*set_store_timeout)(void*, const int64_t&);
    void (*gloo_options)(void*, int64_t timeout);
    void (*gloo)(void*, const Counted& store, int rank, int size, Counted options);
    NodePointer (*device_of_host)(const String&);
    void (*group)(void*, Counted store, int rank, int size);
    Counted (*backend_of)(void* group, int8_t device);
    void (*enter)(const String& name, const Counted& group);
    void (*leave)(const String& name);
};

#define STRING "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"
#define STORE "N3c1013intrusive_ptrINS_5StoreENS1_6detail34intrusive_target_default_null_typeIS3_EEEE"

GroupFunctions group_functions() {
    void* const cpu = open_loaded(LIBRARY("torch_cpu"));
    GroupFunctions c10d;
    find(cpu, "_ZN4c10d8TCPStoreC1E" STRING "RKNS_15TCPStoreOptionsE", c10d.tcp_store);
    find(cpu, "_ZN4c10d9FileStoreC1E" STRING "i", c10d.file_store);
    find(cpu,
         "_ZN4c10d11PrefixStoreC1E" STRING
         "N3c1013intrusive_ptrINS_5StoreENS7_6detail34intrusive_target_default_null_typeIS9_EEEE",
         c10d.prefix_store);
    find(cpu, "_ZN4c10d11PrefixStore3addERK" STRING "l", c10d.add);
    find(cpu, "_ZNK4c10d5Store10getTimeoutEv", c10d.store_timeout);
    find(cpu, "_ZN4c10d5Store10setTimeoutERKNSt6chrono8durationIlSt5ratioILl1ELl1000EEEE", c10d.set_store_timeout);
    find(cpu, "_ZN4c10d16ProcessGroupGloo7OptionsC1ENSt6chrono8durationIlSt5ratioILl1ELl1000EEEE", c10d.gloo_options);
    find(cpu, "_ZN4c10d16ProcessGroupGlooC1ERK" STORE "iiNS2_INS0_7OptionsENS5_ISA_EEEE", c10d.gloo);
    find(cpu, "_ZN4c10d16ProcessGroupGloo23createDeviceForHostnameERK" STRING, c10d.device_of_host);
    find(cpu, "_ZN4c10d12ProcessGroupC1E" STORE "ii", c10d.group);
    find(cpu, "_ZN4c10d12ProcessGroup10getBackendEN3c1010DeviceTypeE", c10d.backend_of);
    find(cpu,
         "_ZN4c10d22register_process_groupERK" STRING
         "RKN3c1013intrusive_ptrINS_12ProcessGroupENS8_6detail34intrusive_target_default_null_typeISA_EEEE",
         c10d.enter);
    find(cpu, "_ZN4c10d24unregister_process_groupERK" STRING, c10d.leave);
    return c10d;
}

#undef STRING
#undef STORE

// An object of a class whose size is not known here: the largest of them has 456 bytes.
template <typename Construct>
Counted make(Construct construct) {
    constexpr size_t kBytes = 4096;
    void* memory = ::operator new(kBytes);
    __builtin_memset(memory, 0, kBytes);
    try {
        construct(memory);
        require(references(memory) == 0, "reference counts");
    } catch (...) {
        ::operator delete(memory);
        throw;
    }
    auto* counts = static_cast<uint32_t*>(memory) + 2;
    counts[0] = counts[1] = 1;  // the second is the weak one
    return Counted(memory);
}

// A socket that listens on 127.0.0.1 alone, where libtorch itself would listen on all addresses of the machine.
int listening_on_loopback(uint16_t port) {
    const struct {
        uint16_t family;
        uint8_t port[2];
        uint8_t address[4];
        uint8_t unused[8];
    } address = {2, {static_cast<uint8_t>(port >> 8), static_cast<uint8_t>(port)}, {127, 0, 0, 1}, {}};
    const int on = 1;
    const int file = socket(2, 1 | 02000000, 0);  // AF_INET, SOCK_STREAM | SOCK_CLOEXEC
    if (file < 0) throw Failure("the system has no socket left");
    setsockopt(file, 1, 2, &on, sizeof on);  // SOL_SOCKET, SO_REUSEADDR: the port of a group that has just ended
    if (bind(file, &address, sizeof address) != 0 || listen(file, 128) != 0) {
        close(file);
        throw Failure("another process listens on that port of 127.0.0.1");
    }
    return file;
}

struct Group {
    const GroupFunctions c10d;
    const String name;
    const Counted store;
    const Counted group;
};

Counted make_options(const GroupFunctions& c10d, int64_t timeout, const String& address) {
    Counted options = make([&](void* memory) { c10d.gloo_options(memory, timeout); });
    auto* fields = static_cast<GlooOptions*>(options.get());
    const char* name = fields->backend;
    require(fields->timeout == timeout && name == fields->backend_text && fields->backend_length == 4 &&
                name[0] == 'g' && name[1] == 'l' && name[2] == 'o' && name[3] == 'o' && fields->devices.size() == 0 &&
                fields->threads == 2,
            "the options of gloo");
    fields->devices.push(c10d.device_of_host(address));
    return options;
}

Counted make_group(const GroupFunctions& c10d, const Counted& store, const Counted& backend, int rank, int size) {
    Counted group = make([&](void* memory) { c10d.group(memory, store, rank, size); });
    auto* fields = static_cast<ProcessGroupObject*>(group.get());
    require(fields->store == store.get() && fields->rank == rank && fields->size == size &&
                fields->device_types.is_empty() && fields->types_of_devices.is_empty() &&
                fields->backends_of_devices.is_empty() && fields->backends_of_types.is_empty(),
            "process groups");
    const int8_t cpu = 0;
    fields->backends_of_devices.put_first(Counted(backend).take());
    require(c10d.backend_of(group.get(), cpu).get() == backend.get(), "process groups");
    return group;
}

}  // namespace

// Joins a group, once all ranks have come. The store is a file if the port is 0. Returns what leave takes; 0 if the
// store is that of a group that this rank has been in already, which rank 0 has not left yet.
NATIVE_OF(NativeProcessGroup, jlong, join)
(JNIEnv* env, jclass, jstring name, jstring place, jint port, jboolean is_server, jstring prefix, jstring key,
 jstring address, jint rank, jint size, jlong timeout) {
    return guarded(env, [&]() -> jlong {
        const GroupFunctions c10d = group_functions();
        Counted plain = make([&](void* memory) {
            if (port == 0) return c10d.file_store(memory, text_of(env, place), size);
            TcpStoreOptions options = {};
            options.port = static_cast<uint16_t>(port);
            options.is_server = is_server == JNI_TRUE;
            options.workers = static_cast<size_t>(size);
            options.wait_for_workers = true;
            options.timeout = timeout;
            String host = text_of(env, place);
            const char* c = host.c_str();
            const bool is_loopback = c[0] == '1' && c[1] == '2' && c[2] == '7' && c[3] == '.';
            if (options.is_server && is_loopback) options.listening = listening_on_loopback(options.port);
            // Its server of libuv takes no socket; the ranks talk to both in the same way.
            options.use_libuv = !is_loopback;
            c10d.tcp_store(memory, moved(host), options);
        });
        if (port == 0) {
            c10d.set_store_timeout(plain.get(), timeout);
        }
        require(c10d.store_timeout(plain.get()) == timeout, "stores");
        Counted store = make([&](void* memory) { c10d.prefix_store(memory, text_of(env, prefix), plain); });
        if (c10d.add(store.get(), text_of(env, key), 1) != 1) return 0;
        Counted options = make_options(c10d, timeout, text_of(env, address));
        Counted backend = make([&](void* memory) { c10d.gloo(memory, store, rank, size, options); });
        auto* joined = new Group{c10d, text_of(env, name), store, make_group(c10d, store, backend, rank, size)};
        c10d.enter(joined->name, joined->group);
        return reinterpret_cast<jlong>(joined);
    });
}

// Tells whether a key of the store was added by some rank.
NATIVE_OF(NativeProcessGroup, jboolean, hasKey)(JNIEnv* env, jclass, jlong handle, jstring key) {
    return guarded(env, [&]() -> jboolean {
        auto* joined = reinterpret_cast<Group*>(handle);
        return joined->c10d.add(joined->store.get(), text_of(env, key), 0) == 0 ? JNI_FALSE : JNI_TRUE;
    });
}

// Ends the threads and connections of a group.
NATIVE_OF(NativeProcessGroup, void, leave)(JNIEnv* env, jclass, jlong handle) {
    guarded(env, [&] {
        auto* joined = reinterpret_cast<Group*>(handle);
        joined->c10d.leave(joined->name);
        delete joined;
    });
}

#endif
