/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// What DJL's own JNI layer leaves out and a custom operation needs: a node in the engine's graph whose
// backward is a Java method, hooks, recorded copies and casts, and arrays whose memory lives as long as the
// graph that refers to it.
//
// It includes no libtorch header and links nothing of libtorch. Functions are looked up by their mangled
// names in the libraries that DJL has loaded (symbols.inc), types are stood in for (abi.h), and what is known
// of layouts is tried out when the library is loaded (probe); where it does not hold, it is not used at all.

#include <dlfcn.h>
#include <jni.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <utility>

#include "abi.h"

#if defined(__x86_64__)
// The dl functions moved into libc with glibc 2.34; the old names let older systems load the library.
__asm__(".symver dlopen,dlopen@GLIBC_2.2.5");
__asm__(".symver dlsym,dlsym@GLIBC_2.2.5");
__asm__(".symver dladdr,dladdr@GLIBC_2.2.5");
#endif

namespace {

// ---- libtorch

// Every native function that is called here; symbols.inc says which symbol each one is.
struct Functions {
    void (*delete_handle)(JNIEnv*, jobject, jlong);  // does not look at the first two
    jint (*layout)(JNIEnv*, jobject, jlong);
    jlong (*from_blob)(JNIEnv*, jobject, jobject buffer, jlongArray, jint, jint, jintArray, jboolean);
    void (*set_buffer)(JNIEnv*, jobject, jlong, jobject buffer);
    void (*djl_backward)(JNIEnv*, jobject, jlong, jlong, jboolean, jboolean);
    Tensor (*alias)(const Tensor&);
    Tensor (*clone)(const Tensor&, MemoryFormat);
    Tensor (*to_type)(const Tensor&, ScalarType, bool non_blocking, bool copy, MemoryFormat);
    Tensor (*ones_like)(const Tensor&, std::optional<ScalarType>, std::optional<int8_t> layout,
                        std::optional<Device>, Flag pinned, MemoryFormat);
    Tensor (*new_zeros)(const Tensor&, ArrayRef<SymInt> shape, std::optional<ScalarType>,
                        std::optional<int8_t> layout, std::optional<Device>, Flag pinned);
    ScalarType (*result_type)(const Tensor&, const Tensor&);
    const void* const& (*version_counter)(const Tensor&);
    Tensor (*sum)(const Tensor&, std::optional<ScalarType>);
    void (*set_version_counter)(const Tensor&, const void* const& counter);
    Tensor (*variable_data)(const Tensor*);
    unsigned (*register_hook)(const Tensor*, Hook);
    int64_t (*version)(const Tensor*);
    const NodePointer& (*grad_fn)(const Tensor*);
    int64_t (*output_nr)(const Tensor*);
    Edge (*gradient_edge)(const Tensor&);
    void (*set_gradient_edge)(const Tensor&, Edge);
    NodePointer (*current_node)();
    bool (*keep_graph)();
    int (*graph_task)();
    Variables (*delayed_error)(void* self, Variables&&);
    void* error_apply;
    void* node_name;
    Variables (*grad)(const Variables& outputs, const Variables& inputs, const Variables& grad_outputs,
                      Flag retain, bool create_graph, bool allow_unused);
    void (*backward)(const Variables& roots, const Variables& grad_roots, Flag retain, bool create_graph,
                     const Variables& inputs);
    // at::Generator is a counted pointer, like at::Tensor; the default ones live as long as the process.
    const Tensor& (*cpu_generator)();
    const Tensor& (*cuda_generator)(int8_t device);  // null without CUDA
    Tensor (*get_state)(const Tensor* generator);
    void (*set_state)(const Tensor* generator, const Tensor& state);
    bool* anomaly_enabled;
    bool* anomaly_check_nan;
    bool (*grad_mode)();
    void (*set_grad_mode)(bool);
    bool (*requires_grad)(const void* impl);
    void (*set_requires_grad)(void* impl, bool);
    Tensor& (*stored_gradient)(void* impl);
    void* undefined;  // the TensorImpl of the undefined tensor
};

Functions torch;

void* open_loaded(const char* name) {
    void* library = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
    if (library == nullptr) throw std::runtime_error(std::string(name) + " is not loaded");
    return library;
}

template <typename F>
void find(void* library, const char* name, F& function) {
    function = reinterpret_cast<F>(dlsym(library, name));
    if (function == nullptr) throw std::runtime_error(std::string("libtorch does not export ") + name);
}

void find_functions() {
    void* const DJL = open_loaded("libdjl_torch.so");
    void* const CPU = open_loaded("libtorch_cpu.so");
    void* const C10 = open_loaded("libc10.so");
#define SYMBOL(library, function, name) find(library, name, torch.function);
#include "symbols.inc"
#undef SYMBOL
    void* cuda = dlopen("libtorch_cuda.so", RTLD_LAZY | RTLD_NOLOAD);
    if (cuda != nullptr) {
        find(cuda, "_ZN2at4cuda6detail23getDefaultCUDAGeneratorEa", torch.cuda_generator);
    }
}

class GradMode {
   public:
    explicit GradMode(bool enabled) : before_(torch.grad_mode()) { torch.set_grad_mode(enabled); }
    ~GradMode() { torch.set_grad_mode(before_); }
    GradMode(const GradMode&) = delete;

   private:
    const bool before_;
};

// ---- the JVM

JavaVM* vm;
jmethodID on_backward;  // of BackwardNode
jmethodID on_release;
jmethodID get_message;  // of Throwable
jmethodID get_cause;
jweak hooks_class;     // weak, so that a class loader can be freed,
jobject hooks_pinned;  // but not while anything of ours is alive
jweak djl_class;
std::atomic<int64_t> alive{0};
std::atomic<int> alive_in_graph{0};  // nodes and hooks, but not buffers
std::atomic_flag lock = ATOMIC_FLAG_INIT;

// For a few instructions only: nothing of the engine or of a user runs under it.
class Locked {
   public:
    Locked() {
        while (lock.test_and_set(std::memory_order_acquire)) {
        }
    }
    ~Locked() { lock.clear(std::memory_order_release); }
    Locked(const Locked&) = delete;
};

// The JNIEnv of the calling thread. The engine runs the backward of a GPU graph on a thread of its own; that
// one is attached as a daemon, so that it does not keep the JVM alive, and stays so.
JNIEnv* attached_env() {
    JNIEnv* env = nullptr;
    if (vm->GetEnv(reinterpret_cast<void**>(&env), JNI_VERSION_1_8) == JNI_OK) return env;
    JavaVMAttachArgs args{JNI_VERSION_1_8, const_cast<char*>("libtorch-autograd"), nullptr};
    if (vm->AttachCurrentThreadAsDaemon(reinterpret_cast<void**>(&env), &args) == JNI_OK) return env;
    return nullptr;
}

// A call into Java from where memory is freed, which may be a thread that is about to end, or that an exception
// is on its way through. Both stay as they were. env is null if the JVM is gone.
class Visit {
   public:
    Visit() {
        const bool known = vm->GetEnv(reinterpret_cast<void**>(&env), JNI_VERSION_1_8) == JNI_OK;
        if (!known) env = attached_env();
        detach_ = !known && env != nullptr;
        if (env != nullptr && (pending_ = env->ExceptionOccurred()) != nullptr) env->ExceptionClear();
    }
    ~Visit() {
        if (env == nullptr) return;
        if (env->ExceptionCheck()) env->ExceptionClear();
        if (pending_ != nullptr) {
            env->Throw(pending_);
            env->DeleteLocalRef(pending_);
        }
        if (detach_) vm->DetachCurrentThread();
    }
    Visit(const Visit&) = delete;
    JNIEnv* env = nullptr;

   private:
    jthrowable pending_ = nullptr;
    bool detach_ = false;
};

// Counts what calls into this library later: nodes, hooks and buffers. While there is any, the class loader of
// the library's Java side must not go, for the library would go with it.
void count(JNIEnv* env, int64_t change) {
    const int64_t before = alive.fetch_add(change);
    if (before != 0 && before + change != 0) return;
    Locked locked;
    if (alive > 0 && hooks_pinned == nullptr) {
        hooks_pinned = env->NewGlobalRef(hooks_class);
    } else if (alive == 0 && hooks_pinned != nullptr) {
        env->DeleteGlobalRef(hooks_pinned);
        hooks_pinned = nullptr;
    }
}

std::string text_of(JNIEnv* env, jstring string) {
    std::string text;
    const char* chars = string == nullptr ? nullptr : env->GetStringUTFChars(string, nullptr);
    if (chars != nullptr) {
        text = chars;
        env->ReleaseStringUTFChars(string, chars);
    }
    return text;
}

// A Java exception on its way through the engine's frames.
class JavaFailure : public std::runtime_error {
   public:
    // Takes the pending exception.
    static JavaFailure take(JNIEnv* env) {
        jthrowable thrown = env->ExceptionOccurred();
        env->ExceptionClear();
        auto message = static_cast<jstring>(env->CallObjectMethod(thrown, get_message));
        if (env->ExceptionCheck()) env->ExceptionClear();
        JavaFailure failure(text_of(env, message), static_cast<jthrowable>(env->NewGlobalRef(thrown)));
        env->DeleteLocalRef(message);
        env->DeleteLocalRef(thrown);
        return failure;
    }
    jthrowable thrown() const { return thrown_.get(); }

   private:
    JavaFailure(const std::string& message, jthrowable thrown)
        : std::runtime_error(message), thrown_(thrown, [](jthrowable t) {
              Visit visit;
              if (visit.env != nullptr) visit.env->DeleteGlobalRef(t);
          }) {}
    std::shared_ptr<_jthrowable> thrown_;
};

void throw_engine_exception(JNIEnv* env, const std::string& message, jthrowable thrown) {
    jclass type = env->FindClass("ai/djl/engine/EngineException");
    if (type == nullptr) return;
    // The backtrace of C++ frames that libtorch adds tells a Java user nothing.
    jstring text = env->NewStringUTF(message.substr(0, message.find("\nException raised from ")).c_str());
    if (text == nullptr) return;
    if (thrown == nullptr) {
        jmethodID make = env->GetMethodID(type, "<init>", "(Ljava/lang/String;)V");
        if (make != nullptr) env->Throw(static_cast<jthrowable>(env->NewObject(type, make, text)));
        return;
    }
    // What the user's code threw, if it did, rather than our sentence about it, which is the message.
    jobject cause = env->CallObjectMethod(thrown, get_cause);
    if (env->ExceptionCheck()) return;
    jmethodID make = env->GetMethodID(type, "<init>", "(Ljava/lang/String;Ljava/lang/Throwable;)V");
    if (make == nullptr) return;
    env->Throw(static_cast<jthrowable>(env->NewObject(type, make, text, cause == nullptr ? thrown : cause)));
}

// Runs body and turns a C++ exception into a Java one: nothing may cross a JNI frame.
template <typename Body>
auto guarded(JNIEnv* env, Body body) -> decltype(body()) {
    try {
        return body();
    } catch (const JavaFailure& e) {
        throw_engine_exception(env, e.what(), e.thrown());
    } catch (const std::exception& e) {
        throw_engine_exception(env, e.what(), nullptr);
    } catch (...) {
        throw_engine_exception(env, "unknown native exception", nullptr);
    }
    return decltype(body())();
}

template <typename Element, typename JavaArray, typename Region>
std::vector<Element> elements(JNIEnv* env, JavaArray array, Region region) {
    std::vector<Element> values(static_cast<size_t>(env->GetArrayLength(array)));
    (env->*region)(array, 0, static_cast<jsize>(values.size()), values.data());
    return values;
}

std::vector<jlong> elements(JNIEnv* env, jlongArray array) {
    return elements<jlong>(env, array, &JNIEnv::GetLongArrayRegion);
}

jlongArray array_of(JNIEnv* env, const std::vector<jlong>& values) {
    auto size = static_cast<jsize>(values.size());
    jlongArray array = env->NewLongArray(size);
    if (array != nullptr) env->SetLongArrayRegion(array, 0, size, values.data());
    return array;
}

// ---- tensors

// What is known of the layout of libtorch's objects, all of it tried out by probe. A counted object is a vtable
// and a count of 32 bits. The first member of a TensorImpl is the pointer to its StorageImpl, whose first
// member is a DataPtr: the address, then in either order what it is freed with, and the function that does.
constexpr size_t kAddress = 2;
size_t storage_context;
size_t storage_deleter;

std::atomic<uint32_t>& references(void* object) {
    return *reinterpret_cast<std::atomic<uint32_t>*>(static_cast<char*>(object) + sizeof(void*));
}

// Null for a sparse tensor or an undefined one, which have none.
void** storage(const Tensor& tensor) {
    return tensor.impl == torch.undefined ? nullptr : static_cast<void***>(tensor.impl)[2];
}

// Whether the memory of a tensor is somebody else's, a buffer of Java's that may be gone tomorrow.
bool is_borrowed(const Tensor& tensor) {
    void** s = storage(tensor);
    return s != nullptr && s[kAddress] != nullptr && s[storage_context] == nullptr;
}

Tensor& tensor(jlong handle) { return *reinterpret_cast<Tensor*>(handle); }

// A torch::Tensor on the heap, as DJL has it behind an array. It takes over the reference.
jlong handle_of(void* impl) { return reinterpret_cast<jlong>(new Tensor(impl)); }

void* retained(void* impl) {
    if (impl != torch.undefined) references(impl).fetch_add(1, std::memory_order_relaxed);
    return impl;
}

void drop(void* impl) {
    if (impl != torch.undefined) torch.delete_handle(nullptr, nullptr, handle_of(impl));
}

// One reference to a tensor.
class Owned {
   public:
    explicit Owned(const Tensor& result) : tensor_(result.impl) {}
    Owned(Owned&& other) noexcept : tensor_(std::exchange(other.tensor_.impl, torch.undefined)) {}
    Owned& operator=(Owned&& other) noexcept {
        std::swap(tensor_.impl, other.tensor_.impl);
        return *this;
    }
    ~Owned() { drop(tensor_.impl); }
    const Tensor& operator*() const { return tensor_; }
    void* take() { return std::exchange(tensor_.impl, torch.undefined); }
    jlong handle() { return handle_of(take()); }

   private:
    Tensor tensor_;
};

// Tensors that libtorch returned, each with a reference of its own.
class OwnedVariables {
   public:
    explicit OwnedVariables(Variables&& variables) : variables_(std::move(variables)) {}
    ~OwnedVariables() {
        for (const Tensor& variable : variables_) drop(variable.impl);
    }
    OwnedVariables(OwnedVariables&& other) noexcept : variables_(std::move(other.variables_)) {}
    OwnedVariables& operator=(OwnedVariables&&) = delete;
    Tensor& operator[](size_t i) { return variables_[i]; }
    // 0 for an undefined one.
    jlong handle(size_t i) {
        void* impl = std::exchange(variables_[i].impl, torch.undefined);
        return impl == torch.undefined ? 0 : handle_of(impl);
    }

   private:
    Variables variables_;
};

Owned clone(const Tensor& source) { return Owned(torch.clone(source, MemoryFormat())); }

// Another tensor over the same storage, without a graph, that counts writes together with the source. A copy
// if the storage is not the engine's to keep.
Owned detached(const Tensor& source) {
    if (is_borrowed(source)) {
        GradMode off(false);
        return clone(source);
    }
    Owned result(torch.variable_data(&source));
    torch.set_version_counter(*result, torch.version_counter(source));
    return result;
}

ScalarType type_of(const Tensor& source) { return torch.result_type(source, source); }

// Tensors in a vector, without a reference of its own: for arguments that are alive in Java. 0 is undefined.
Variables borrowed(JNIEnv* env, jlongArray handles) {
    Variables tensors;
    for (jlong handle : elements(env, handles)) {
        tensors.push_back(handle == 0 ? Tensor(torch.undefined) : tensor(handle));
    }
    return tensors;
}

// Upstream gradients, which the graph may keep; copies stands for those that are not the caller's own.
Variables upstream(JNIEnv* env, jlongArray handles, std::vector<Owned>& copies) {
    Variables tensors = borrowed(env, handles);
    for (Tensor& t : tensors) {
        if (t.impl == torch.undefined || !is_borrowed(t)) continue;
        copies.push_back(clone(t));
        t = *copies.back();
    }
    return tensors;
}

// ---- a call of Java's backward

// The results of the call, which Java hands over one by one while it owns them.
struct Pass {
    const Variables* given;
    Tensor* results;
};

// What the engine gets for a gradient that Java has. It may store it on a leaf, as it is, and write to it later.
// So the storage must be nobody else's, unless the very tensor came from the engine, which counts references.
void* handed_over(const Pass& pass, const Tensor& source) {
    for (const Tensor& given : *pass.given) {
        if (given.impl == source.impl) return retained(source.impl);
    }
    void** s = storage(source);
    // Java's handle is the one reference to the tensor, the tensor the one to the storage.
    const bool own = s != nullptr && references(s) == 1 && references(source.impl) == 1 && !is_borrowed(source);
    return own ? retained(source.impl) : clone(source).take();
}

// Calls a BackwardNode with gradients, which Java gets handles of, and lets it fill results.
void call_java(JNIEnv* env, jobject java, const std::string& name, const Variables& given, size_t count,
               Tensor* results) {
    std::vector<jlong> handles(count);
    std::vector<int64_t> versions(count);
    for (size_t k = 0; k < count; k++) {
        if (given[k].impl == torch.undefined) continue;
        handles[k] = handle_of(retained(given[k].impl));
        versions[k] = torch.version(&given[k]);
    }
    jlongArray array = array_of(env, handles);
    Pass pass{&given, results};
    if (array != nullptr) {
        env->CallVoidMethod(java, on_backward, array, reinterpret_cast<jlong>(&pass),
                            static_cast<jboolean>(torch.keep_graph()));
    }
    if (env->ExceptionCheck()) {
        JavaFailure failure = JavaFailure::take(env);
        // Java has put 0 in the place of each handle that it owns by now.
        if (array != nullptr) handles = elements(env, array);
        for (jlong handle : handles) {
            if (handle != 0) torch.delete_handle(nullptr, nullptr, handle);
        }
        throw failure;
    }
    env->DeleteLocalRef(array);
    for (size_t k = 0; k < count; k++) {
        if (handles[k] != 0 && torch.version(&given[k]) != versions[k]) {
            throw std::runtime_error(name + " changed an upstream gradient in place, which others use too;"
                                            " change a copy instead");
        }
    }
}

// ---- nodes

// A node of the engine's graph whose backward is Java's. The engine makes it: DelayedError::apply ties its
// outputs to its inputs by one node of the class Error. Such a node gets a table of virtual functions of its
// own, a copy in which three are replaced, and what belongs to it stands behind the table.
constexpr size_t kBefore = 2;  // what stands before the functions: the offset to the top, the type
constexpr size_t kSlots = 40;  // more than there are

struct JavaNode {
    void* table[kBefore + kSlots];  // first, because the node points here
    void** original;
    jobject java;  // a BackwardNode; null while probing
    std::string name;
    size_t outputs;  // the gradients that come in: of the outputs, and of the barrier
    size_t edges;    // the gradients that go out: of those, which lead nowhere, then of the inputs
};

// One more output of every node, a single number that nobody sees. What cannot be differentiated through is
// connected to it: a gradient that arrives here is one that there is no rule for.
Owned* barrier;

int apply_slot;
int name_slot;
int probe_releases;

JavaNode& java_node(const void* node) {
    return *reinterpret_cast<JavaNode*>(*static_cast<void** const*>(node) - kBefore);
}

// Stands in for Node::apply.
Variables apply_node(void* self, Variables&& gradients) {
    JavaNode& node = java_node(self);
    OwnedVariables results(Variables(node.edges, Tensor(torch.undefined)));
    bool any = false;
    for (size_t k = 0; k < node.outputs; k++) any |= gradients[k].impl != torch.undefined;
    if (any && node.java == nullptr) {
        results[node.outputs].impl = retained(gradients[0].impl);
    } else if (any) {
        JNIEnv* env = attached_env();
        if (env == nullptr) throw std::runtime_error("the engine's thread cannot be attached to the JVM");
        call_java(env, node.java, node.name + ".backward", gradients, node.outputs, &results[node.outputs]);
    }
    Variables answers;
    for (size_t i = 0; i < node.edges; i++) answers.push_back(results[i]);
    for (size_t i = 0; i < node.edges; i++) results[i].impl = torch.undefined;
    return answers;
}

// Stands in for Node::name, which the engine's messages and pictures of graphs use.
std::string name_node(const void* self) { return java_node(self).name; }

void release_node(void* self) {
    JavaNode* node = &java_node(self);
    {
        Visit visit;
        if (visit.env != nullptr && node->java != nullptr) {
            visit.env->CallVoidMethod(node->java, on_release);
            if (visit.env->ExceptionCheck()) visit.env->ExceptionClear();
            visit.env->DeleteGlobalRef(node->java);
            alive_in_graph--;
            count(visit.env, -1);
        }
    }
    if (node->java == nullptr) probe_releases++;
    *static_cast<void***>(self) = node->original;
    auto destructor = reinterpret_cast<void (*)(void*)>(node->original[0]);
    delete node;
    destructor(self);
}

thread_local std::vector<void*>* due;

// Stands in for the destructor. To destroy a node is to destroy what only it refers to, and so on; a queue keeps
// the stack flat, however long the chain is. A node may wait in it after its last owner has gone: its memory
// stays until the destructor runs, because the node refers to itself (it is a std::enable_shared_from_this).
void destroy_node(void* self) {
    if (due != nullptr) {
        due->push_back(self);
        return;
    }
    std::vector<void*> queue{self};
    due = &queue;
    while (!queue.empty()) {
        void* next = queue.back();
        queue.pop_back();
        release_node(next);
    }
    due = nullptr;
}

void* const* functions_of(const void* node) { return *static_cast<void* const* const*>(node); }

// Puts a node into the graph, which needs grad mode. Returns tensors with the values of the outputs that depend on
// the inputs; shared says which of them share their storage with others.
OwnedVariables link(JNIEnv* env, jobject java, std::string name, const Variables& inputs, const Variables& outputs,
                    const std::vector<bool>& shared) {
    std::vector<Owned> plain;
    Variables variables;
    for (const Tensor& output : outputs) {
        plain.push_back(detached(output));
        variables.push_back(*plain.back());
    }
    variables.push_back(**barrier);
    for (const Tensor& input : inputs) variables.push_back(input);
    alignas(16) char self[512] = {};
    // An edge to each input, and a result for each output and for each input. Those for inputs are not needed.
    OwnedVariables results(torch.delayed_error(self, std::move(variables)));
    void* engine_node = torch.grad_fn(&results[0]).node;
    if (engine_node == nullptr) throw std::runtime_error("no gradients are recorded");

    auto node = std::make_unique<JavaNode>();
    void** functions = *static_cast<void***>(engine_node);
    std::memcpy(node->table, functions - kBefore, sizeof node->table);
    node->table[kBefore] = reinterpret_cast<void*>(&destroy_node);
    node->table[kBefore + apply_slot] = reinterpret_cast<void*>(&apply_node);
    node->table[kBefore + name_slot] = reinterpret_cast<void*>(&name_node);
    node->original = functions;
    node->name = std::move(name);
    node->outputs = outputs.size() + 1;
    node->edges = node->outputs + inputs.size();
    node->java = nullptr;
    if (java != nullptr) {
        node->java = env->NewGlobalRef(java);
        if (node->java == nullptr) throw std::runtime_error("the JVM has no memory for a reference");
        alive_in_graph++;
        count(env, 1);
    }
    *static_cast<void***>(engine_node) = node.release()->table + kBefore;

    for (size_t k = 0; k < outputs.size(); k++) {
        // A later change in place is one of everything that shares the storage.
        torch.set_version_counter(results[k], torch.version_counter(*plain[k]));
        if (!shared[k]) continue;
        // A change in place would change an input, or another output, behind the graph's back. The engine
        // refuses one to a view that was made without recording.
        GradMode off(false);
        Owned view(torch.alias(results[k]));
        torch.set_gradient_edge(*view, torch.gradient_edge(results[k]));
        drop(std::exchange(results[k].impl, view.take()));
    }
    return results;
}

// ---- hooks

// A tensor's place in the graph: the node that made it and the number of the output, or itself if it is a leaf.
struct Place {
    const void* owner;
    int64_t output;
    explicit Place(const Tensor& source) : owner(torch.grad_fn(&source).node), output(0) {
        if (owner == nullptr) {
            owner = source.impl;
        } else {
            output = torch.output_nr(&source);
        }
    }
};

// The hooks of one place: one of the engine's, however many Java has behind it.
struct HookRecord {
    jobject java;  // a BackwardNode
    Place place;
    std::atomic<int> functors{0};
    std::atomic<bool> active{true};
    HookRecord* next = nullptr;
};

HookRecord* hook_records;

void remove(HookRecord* record) {
    {
        Locked locked;
        HookRecord** link = &hook_records;
        while (*link != record) link = &(*link)->next;
        *link = record->next;
    }
    Visit visit;
    if (visit.env != nullptr) {
        visit.env->CallVoidMethod(record->java, on_release);
        if (visit.env->ExceptionCheck()) visit.env->ExceptionClear();
        visit.env->DeleteGlobalRef(record->java);
        alive_in_graph--;
        count(visit.env, -1);
    }
    delete record;
}

// The functor that the engine keeps.
class GradientHook {
   public:
    explicit GradientHook(HookRecord* record) : record_(record) { record_->functors++; }
    GradientHook(const GradientHook& other) : GradientHook(other.record_) {}
    GradientHook& operator=(const GradientHook&) = delete;
    ~GradientHook() {
        if (--record_->functors == 0) remove(record_);
    }

    // The undefined tensor means: keep the gradient that is there.
    Tensor operator()(const Tensor& gradient) const {
        if (gradient.impl == torch.undefined || !record_->active) return Tensor(torch.undefined);
        JNIEnv* env = attached_env();
        if (env == nullptr) throw std::runtime_error("the engine's thread cannot be attached to the JVM");
        OwnedVariables result(Variables(1, Tensor(torch.undefined)));
        call_java(env, record_->java, "a gradient hook", Variables{gradient}, 1, &result[0]);
        return Tensor(std::exchange(result[0].impl, torch.undefined));
    }

   private:
    HookRecord* record_;
};

// ---- DJL's own native methods, with their faults mended

// How many threads are inside of one of the methods below.
std::atomic<int> inside{0};

struct Inside {
    Inside() { inside++; }
    ~Inside() { inside--; }
    Inside(const Inside&) = delete;
};

// Frees a buffer of Java's when the last tensor over it is gone.
void release_buffer(void* reference) {
    Visit visit;
    if (visit.env == nullptr) return;
    visit.env->DeleteGlobalRef(static_cast<jobject>(reference));
    count(visit.env, -1);
}

// DJL lets a tensor lie in a buffer of Java's that only the array object holds: with the object goes the memory,
// even if the graph still points to it, as after x.mul(3). From here on, the storage itself holds the buffer.
void hold_buffer(JNIEnv* env, const Tensor& result, jobject buffer) {
    void** s = storage(result);
    if (s == nullptr || s[storage_context] != nullptr || s[kAddress] != env->GetDirectBufferAddress(buffer)) return;
    jobject reference = env->NewGlobalRef(buffer);
    if (reference == nullptr) return;
    count(env, 1);
    s[storage_context] = reference;
    s[storage_deleter] = reinterpret_cast<void*>(&release_buffer);
}

jlong from_blob(JNIEnv* env, jobject self, jobject buffer, jlongArray shape, jint type, jint layout, jintArray device,
                jboolean requires_grad) {
    Inside counted;
    jlong handle = torch.from_blob(env, self, buffer, shape, type, layout, device, requires_grad);
    if (handle != 0 && !env->ExceptionCheck()) hold_buffer(env, tensor(handle), buffer);
    return handle;
}

void set_buffer(JNIEnv* env, jobject self, jlong handle, jobject buffer) {
    Inside counted;
    torch.set_buffer(env, self, handle, buffer);
    if (!env->ExceptionCheck()) hold_buffer(env, tensor(handle), buffer);
}

// DJL's keeps the message of an exception alone; this one keeps the exception.
void backward(JNIEnv* env, jobject, jlong root, jlong gradient, jboolean keep_graph, jboolean create_graph) {
    Inside counted;
    guarded(env, [&] {
        Owned copy(Tensor(torch.undefined));
        if (is_borrowed(tensor(gradient))) copy = clone(tensor(gradient));
        const Tensor& given = (*copy).impl == torch.undefined ? tensor(gradient) : *copy;
        torch.backward(Variables{tensor(root)}, Variables{given}, Flag(keep_graph == JNI_TRUE),
                       create_graph == JNI_TRUE, Variables());
    });
}

void register_natives(JNIEnv* env, jclass djl, bool ours) {
    auto pointer = [&](auto mine, auto theirs) { return ours ? reinterpret_cast<void*>(mine) : reinterpret_cast<void*>(theirs); };
    const JNINativeMethod methods[] = {
        {const_cast<char*>("torchFromBlob"), const_cast<char*>("(Ljava/nio/ByteBuffer;[JII[IZ)J"),
         pointer(&from_blob, torch.from_blob)},
        {const_cast<char*>("torchSet"), const_cast<char*>("(JLjava/nio/ByteBuffer;)V"),
         pointer(&set_buffer, torch.set_buffer)},
        {const_cast<char*>("torchBackward"), const_cast<char*>("(JJZZ)V"),
         pointer(&backward, torch.djl_backward)},
    };
    env->RegisterNatives(djl, methods, sizeof methods / sizeof methods[0]);
}

// Each class loader has a copy of this library, and the methods of DJL's one class lead to one of them. The copies
// know each other by a system property, a list of the addresses of their take_over.
constexpr const char* kCopies = "org.djlext.native.copies";

void take_over(JNIEnv* env, jclass djl) { register_natives(env, djl, true); }

// Adds this copy to the list and lets the methods lead here; or takes it out and lets them lead to the copy before,
// or else to DJL itself.
void join_copies(JNIEnv* env, jclass djl, bool joining) {
    jclass system = env->FindClass("java/lang/System");
    if (system == nullptr || env->MonitorEnter(system) != JNI_OK) return;
    jmethodID get = env->GetStaticMethodID(system, "getProperty", "(Ljava/lang/String;)Ljava/lang/String;");
    jmethodID set =
        env->GetStaticMethodID(system, "setProperty", "(Ljava/lang/String;Ljava/lang/String;)Ljava/lang/String;");
    jstring name = env->NewStringUTF(kCopies);
    std::string list = text_of(env, static_cast<jstring>(env->CallStaticObjectMethod(system, get, name)));
    const std::string mine = std::to_string(reinterpret_cast<uintptr_t>(&take_over)) + ",";
    if (joining) {
        list += mine;
        register_natives(env, djl, true);
    } else {
        const size_t place = list.find(mine);
        if (place != std::string::npos) list.erase(place, mine.size());
        if (list.empty()) {
            register_natives(env, djl, false);
        } else {
            const size_t end = list.size() - 1;
            const size_t comma = list.rfind(',', end - 1);
            const std::string last = list.substr(comma == std::string::npos ? 0 : comma + 1, end);
            reinterpret_cast<void (*)(JNIEnv*, jclass)>(std::stoull(last))(env, djl);
        }
    }
    env->CallStaticObjectMethod(system, set, name, env->NewStringUTF(list.c_str()));
    if (env->ExceptionCheck()) env->ExceptionClear();
    env->MonitorExit(system);
}

// ---- probing

int probe_frees;
void (*probe_deleter)(void*);

void require(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(std::string("this version of libtorch has another layout of ") + what);
}

// Four numbers in a buffer of Java's, as DJL makes it.
Owned probe_tensor(JNIEnv* env) {
    static float numbers[] = {1, 2, 3, 4};
    const jlong shape = 4;
    const jint cpu[] = {0, -1};
    jobject buffer = env->NewDirectByteBuffer(numbers, sizeof numbers);
    jlongArray shape_array = env->NewLongArray(1);
    jintArray device_array = env->NewIntArray(2);
    if (buffer == nullptr || device_array == nullptr) throw std::runtime_error("the JVM has no memory");
    env->SetLongArrayRegion(shape_array, 0, 1, &shape);
    env->SetIntArrayRegion(device_array, 0, 2, cpu);
    jlong handle = torch.from_blob(env, nullptr, buffer, shape_array, 0, 0, device_array, JNI_FALSE);
    require(handle != 0, "arrays in buffers");
    Owned result(Tensor(retained(tensor(handle).impl)));
    torch.delete_handle(env, nullptr, handle);
    return result;
}

void probe_storage(const Tensor& plain) {
    Owned single = clone(plain);
    void** s = storage(*single);
    require(s != nullptr && references(s) == 1 && references((*single).impl) == 1, "reference counts");
    Owned second = detached(*single);
    require(storage(*second) == s && references(s) == 2 && references((*second).impl) == 1, "tensors");
    retained((*second).impl);
    require(references((*second).impl) == 2, "reference counts");
    drop((*second).impl);
    require(references((*second).impl) == 1, "reference counts");
    const size_t first = kAddress + 1;
    storage_context = s[first] == s[kAddress] ? first : first + 1;
    storage_deleter = s[first] == s[kAddress] ? first + 1 : first;
    require(s[kAddress] != nullptr && s[storage_context] == s[kAddress] && s[storage_deleter] != nullptr &&
                !is_borrowed(*single) && is_borrowed(plain),
            "storage");
    probe_frees = 0;
    probe_deleter = reinterpret_cast<void (*)(void*)>(s[storage_deleter]);
    s[storage_deleter] = reinterpret_cast<void*>(+[](void* context) {
        probe_frees++;
        probe_deleter(context);
    });
    drop(second.take());
    require(probe_frees == 0, "storage");
    drop(single.take());
    require(probe_frees == 1, "storage");
}

// Finds a function in a table.
int slot_of(void* const* functions, void* function) {
    for (size_t i = 0; i < kSlots; i++) {
        if (functions[i] == function) return static_cast<int>(i);
    }
    return -1;
}

// Takes one node through forward and backward.
void probe_node(JNIEnv* env, const Tensor& plain) {
    GradMode on(true);
    Owned leaf = clone(plain);
    torch.set_requires_grad(const_cast<void*>((*leaf).impl), true);
    alignas(16) char self[512] = {};
    OwnedVariables tied(torch.delayed_error(self, Variables{*leaf}));
    const void* node = torch.grad_fn(&tied[0]).node;
    require(node != nullptr, "graph nodes");
    apply_slot = slot_of(functions_of(node), torch.error_apply);
    name_slot = slot_of(functions_of(node), torch.node_name);
    require(apply_slot > 0 && name_slot > 0, "graph nodes");
    probe_releases = 0;
    {
        Owned value = clone(plain);
        OwnedVariables outputs = link(env, nullptr, "probe", {*leaf}, {*value}, {false});
        Owned one(torch.ones_like(*value, {}, {}, {}, {}, {}));
        OwnedVariables gradients(torch.grad({outputs[0]}, {*leaf}, {*one}, Flag(), false, false));
        require(gradients[0].impl == (*one).impl && probe_releases == 0, "graph nodes");
    }
    require(probe_releases == 1, "graph nodes");
}

// The generator of a device: -1 for the CPU, else the number of the GPU.
const Tensor& generator(jint device) {
    if (device < 0) return torch.cpu_generator();
    if (torch.cuda_generator == nullptr) throw std::runtime_error("the engine has no CUDA generator");
    return torch.cuda_generator(static_cast<int8_t>(device));
}

}  // namespace

// ---- what NativeHooks calls

#define NATIVE(type, name) \
    extern "C" JNIEXPORT type JNICALL Java_org_djlext_torch_NativeHooks_##name

NATIVE(void, initialize)(JNIEnv* env, jclass type) {
    guarded(env, [&] {
        env->GetJavaVM(&vm);
        jclass throwable = env->FindClass("java/lang/Throwable");
        jclass node = env->FindClass("org/djlext/torch/BackwardNode");
        jclass djl = env->FindClass("ai/djl/pytorch/jni/PyTorchLibrary");
        if (node == nullptr || djl == nullptr) return;
        get_message = env->GetMethodID(throwable, "getMessage", "()Ljava/lang/String;");
        get_cause = env->GetMethodID(throwable, "getCause", "()Ljava/lang/Throwable;");
        on_backward = env->GetMethodID(node, "backward", "([JJZ)V");
        on_release = env->GetMethodID(node, "onRelease", "()V");
        if (on_backward == nullptr || on_release == nullptr) return;
        hooks_class = env->NewWeakGlobalRef(type);
        djl_class = env->NewWeakGlobalRef(djl);
        find_functions();
        Owned plain = probe_tensor(env);
        probe_storage(*plain);
        barrier = new Owned(clone(*Owned(torch.sum(*plain, {}))));
        probe_node(env, *plain);
        join_copies(env, djl, true);
    });
}

// The library goes with the class loader of its Java side, once nothing that it made is alive.
extern "C" JNIEXPORT void JNICALL JNI_OnUnload(JavaVM*, void*) {
    delete barrier;
    JNIEnv* env = attached_env();
    if (env == nullptr || djl_class == nullptr) return;
    auto djl = static_cast<jclass>(env->NewLocalRef(djl_class));
    if (djl != nullptr) join_copies(env, djl, false);
    if (inside > 0) {
        // A thread is on its way through here, perhaps for long: the code stays.
        Dl_info self;
        if (dladdr(reinterpret_cast<void*>(&take_over), &self) != 0) dlopen(self.dli_fname, RTLD_LAZY | RTLD_NODELETE);
    }
    env->DeleteWeakGlobalRef(djl_class);
    env->DeleteWeakGlobalRef(hooks_class);
}

// Puts a node into the graph: returns handles of new tensors with the values of the outputs, which depend on those
// inputs that need a gradient.
NATIVE(jlongArray, link)
(JNIEnv* env, jclass, jobject java, jstring name, jlongArray input_handles, jbooleanArray needs_gradient,
 jlongArray output_handles) {
    return guarded(env, [&]() -> jlongArray {
        Variables all = borrowed(env, input_handles);
        Variables outputs = borrowed(env, output_handles);
        auto needs = elements<jboolean>(env, needs_gradient, &JNIEnv::GetBooleanArrayRegion);
        Variables inputs;
        for (size_t i = 0; i < all.size(); i++) {
            if (needs[i] == JNI_TRUE) inputs.push_back(all[i]);
        }
        std::vector<bool> shared;
        for (size_t k = 0; k < outputs.size(); k++) {
            void** s = storage(outputs[k]);
            bool found = false;
            for (const Tensor& input : all) found |= s != nullptr && storage(input) == s;
            for (size_t j = 0; j < outputs.size(); j++) found |= s != nullptr && j != k && storage(outputs[j]) == s;
            shared.push_back(found);
        }
        OwnedVariables results = link(env, java, text_of(env, name), inputs, outputs, shared);
        std::vector<jlong> handles;
        for (size_t k = 0; k < outputs.size(); k++) handles.push_back(results.handle(k));
        return array_of(env, handles);
    });
}

// From inside BackwardNode.backward: gives the engine result i.
NATIVE(void, answer)(JNIEnv* env, jclass, jlong pass_address, jint i, jlong handle) {
    guarded(env, [&] {
        auto& pass = *reinterpret_cast<Pass*>(pass_address);
        drop(std::exchange(pass.results[i].impl, handed_over(pass, tensor(handle))));
    });
}

// The hooks of a tensor, or null if it has none yet.
NATIVE(jobject, hooksOf)(JNIEnv* env, jclass, jlong handle) {
    return guarded(env, [&]() -> jobject {
        const Place place(tensor(handle));
        Locked locked;
        for (HookRecord* record = hook_records; record != nullptr; record = record->next) {
            if (record->place.owner == place.owner && record->place.output == place.output) {
                return env->NewLocalRef(record->java);
            }
        }
        return nullptr;
    });
}

// Calls java with each gradient of a tensor. Returns what setHooksActive takes until onRelease is called.
NATIVE(jlong, hook)(JNIEnv* env, jclass, jobject java, jlong handle) {
    return guarded(env, [&]() -> jlong {
        const Tensor& source = tensor(handle);
        auto* record = new HookRecord{env->NewGlobalRef(java), Place(source)};
        alive_in_graph++;
        count(env, 1);
        {
            Locked locked;
            record->next = hook_records;
            hook_records = record;
        }
        torch.register_hook(&source, GradientHook(record));
        return reinterpret_cast<jlong>(record);
    });
}

NATIVE(void, setHooksActive)(JNIEnv*, jclass, jlong record, jboolean active) {
    reinterpret_cast<HookRecord*>(record)->active = active == JNI_TRUE;
}

// torch.autograd.grad: handles of the gradients, 0 for an input that the outputs do not depend on.
NATIVE(jlongArray, grad)
(JNIEnv* env, jclass, jlongArray outputs, jlongArray inputs, jlongArray grad_outputs, jboolean retain_graph,
 jboolean create_graph, jboolean allow_unused) {
    return guarded(env, [&]() -> jlongArray {
        std::vector<Owned> copies;
        OwnedVariables gradients(torch.grad(borrowed(env, outputs), borrowed(env, inputs),
                                            upstream(env, grad_outputs, copies), Flag(retain_graph == JNI_TRUE),
                                            create_graph == JNI_TRUE, allow_unused == JNI_TRUE));
        std::vector<jlong> handles;
        for (jsize i = 0; i < env->GetArrayLength(inputs); i++) handles.push_back(gradients.handle(static_cast<size_t>(i)));
        return array_of(env, handles);
    });
}

// torch.autograd.backward: gradients stored on leaves, on all of them if inputs is null.
NATIVE(void, backward)
(JNIEnv* env, jclass, jlongArray roots, jlongArray grad_roots, jboolean retain_graph, jboolean create_graph,
 jlongArray inputs) {
    guarded(env, [&] {
        std::vector<Owned> copies;
        torch.backward(borrowed(env, roots), upstream(env, grad_roots, copies), Flag(retain_graph == JNI_TRUE),
                       create_graph == JNI_TRUE, inputs == nullptr ? Variables() : borrowed(env, inputs));
    });
}

NATIVE(void, clearGradient)(JNIEnv* env, jclass, jlong handle) {
    guarded(env, [&] { drop(std::exchange(torch.stored_gradient(tensor(handle).impl).impl, torch.undefined)); });
}

// A tensor over the same storage, outside the graph.
NATIVE(jlong, detached)(JNIEnv* env, jclass, jlong handle) {
    return guarded(env, [&] { return detached(tensor(handle)).handle(); });
}

// A tensor over the same storage, in the graph where the source is now, whatever is done to it later.
NATIVE(jlong, snapshot)(JNIEnv* env, jclass, jlong handle) {
    return guarded(env, [&] {
        Owned result = detached(tensor(handle));
        torch.set_gradient_edge(*result, torch.gradient_edge(tensor(handle)));
        return result.handle();
    });
}

// A tensor over the same storage that is output k of the node whose backward is running; 0 if none is. The number
// after that of the last output is the barrier's.
NATIVE(jlong, asOutput)(JNIEnv* env, jclass, jlong handle, jint k) {
    return guarded(env, [&]() -> jlong {
        NodePointer node = torch.current_node();
        if (node.node == nullptr) return 0;
        Owned result = detached(tensor(handle));
        torch.set_gradient_edge(*result, Edge(std::move(node), static_cast<uint32_t>(k)));
        return result.handle();
    });
}

// A leaf over the same storage that requires a gradient.
NATIVE(jlong, leaf)(JNIEnv* env, jclass, jlong handle) {
    return guarded(env, [&] {
        Owned result = detached(tensor(handle));
        torch.set_requires_grad((*result).impl, true);
        return result.handle();
    });
}

NATIVE(jlong, copy)(JNIEnv* env, jclass, jlong handle) {
    return guarded(env, [&] { return clone(tensor(handle)).handle(); });
}

NATIVE(jlong, cast)(JNIEnv* env, jclass, jlong handle, jint type) {
    return guarded(env, [&] {
        return Owned(torch.to_type(tensor(handle), static_cast<ScalarType>(type), false, true, MemoryFormat())).handle();
    });
}

// Zeros of a shape and type, on the device of like.
NATIVE(jlong, zeros)(JNIEnv* env, jclass, jlong like, jlongArray sizes, jint type) {
    return guarded(env, [&] {
        std::vector<jlong> shape = elements(env, sizes);
        static_assert(sizeof(SymInt) == sizeof(jlong), "a SymInt is a plain size");
        return Owned(torch.new_zeros(tensor(like), {reinterpret_cast<const SymInt*>(shape.data()), shape.size()},
                                     static_cast<ScalarType>(type), {}, {}, {}))
            .handle();
    });
}

// The type in the lowest eight bits, the layout in the next, then whether it requires a gradient.
NATIVE(jint, describe)(JNIEnv* env, jclass type, jlong handle) {
    return guarded(env, [&]() -> jint {
        return static_cast<uint8_t>(type_of(tensor(handle))) | torch.layout(env, type, handle) << 8 |
               (torch.requires_grad(tensor(handle).impl) ? 1 << 16 : 0);
    });
}

NATIVE(jboolean, requiresGrad)(JNIEnv*, jclass, jlong handle) { return torch.requires_grad(tensor(handle).impl); }

// The number of the backward pass that is running on this thread; no two are the same.
NATIVE(jint, currentPass)(JNIEnv*, jclass) { return torch.graph_task(); }

NATIVE(jlong, version)(JNIEnv* env, jclass, jlong handle) {
    return guarded(env, [&] { return static_cast<jlong>(torch.version(&tensor(handle))); });
}

NATIVE(jlong, randomState)(JNIEnv* env, jclass, jint device) {
    return guarded(env, [&] { return Owned(torch.get_state(&generator(device))).handle(); });
}

NATIVE(void, setRandomState)(JNIEnv* env, jclass, jint device, jlong state) {
    guarded(env, [&] { torch.set_state(&generator(device), tensor(state)); });
}

NATIVE(jboolean, setAnomalyMode)(JNIEnv*, jclass, jboolean enabled) {
    const bool before = *torch.anomaly_enabled;
    *torch.anomaly_enabled = enabled == JNI_TRUE;
    *torch.anomaly_check_nan = true;
    return before;
}

// How many nodes and hooks are alive.
NATIVE(jint, alive)(JNIEnv*, jclass) { return alive_in_graph; }

// The sha256 of the sources when the library was built; a test holds it against the sources.
NATIVE(jstring, sourceSha256)(JNIEnv* env, jclass) { return env->NewStringUTF(SOURCE_SHA256); }
