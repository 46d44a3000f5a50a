/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// What is under the library for macOS when it runs on Linux on ARM: its imports, and libtorch for Linux in the place of
// that for macOS. The two differ in the layout of std::function and std::string. Those that the library makes are taken
// and used by the real libc++ (libcxx.cc), before libtorch gets to them.

#include <dlfcn.h>

#include <functional>
#include <memory>

#include "unwind.h"

namespace {

struct Tensor {
    void *impl;
    Tensor(const Tensor &other) : impl(other.impl) {}
    ~Tensor() {}
};

MachO *libcxx;

template <typename F>
F libcxx_function(const char *name) {
    return reinterpret_cast<F>(libcxx->symbol(name));
}

#define SYMBOL(library, function, itanium, msvc) itanium,
#define DJL_NATIVE(function, name)
#define BY_LIBRARY(libstdcxx, libcxx) libstdcxx
const char *const linux_names[] = {
#include "../../main/native/symbols.inc"
};
#undef BY_LIBRARY
#define BY_LIBRARY(libstdcxx, libcxx) libcxx
const char *const macos_names[] = {
#include "../../main/native/symbols.inc"
};

unsigned register_hook(const Tensor *self, void *hook) {
    using Real = unsigned (*)(const Tensor *, std::function<Tensor(const Tensor &)>);
    static const auto real = reinterpret_cast<Real>(
        dlsym(RTLD_DEFAULT, "_ZNK2at10TensorBase14_register_hookESt8functionIFS0_RKS0_EE"));
    static const auto take = libcxx_function<void *(*)(void *)>("libcxx_take");
    static const auto copy = libcxx_function<void *(*)(void *)>("libcxx_copy");
    static const auto call = libcxx_function<Tensor (*)(void *, const Tensor &)>("libcxx_call");
    static const auto drop = libcxx_function<void (*)(void *)>("libcxx_drop");
    void *taken = take(hook);
    std::shared_ptr<void> copied(copy(taken), drop);
    drop(taken);
    return real(self, [copied](const Tensor &gradient) { return call(copied.get(), gradient); });
}

void queue_callback(void *engine, void *callback) {
    using Real = void (*)(void *, std::function<void()>);
    static const auto real =
        reinterpret_cast<Real>(dlsym(RTLD_DEFAULT, "_ZN5torch8autograd6Engine14queue_callbackESt8functionIFvvEE"));
    static const auto take = libcxx_function<void *(*)(void *)>("libcxx_take_callback");
    static const auto call = libcxx_function<void (*)(void *)>("libcxx_call_callback");
    static const auto drop = libcxx_function<void (*)(void *)>("libcxx_drop_callback");
    std::shared_ptr<void> taken(take(callback), drop);
    real(engine, [taken] { call(taken.get()); });
}

void *macos_dlsym(void *, const char *name) {
    if (strstr(name, "14queue_callback") != nullptr) return reinterpret_cast<void *>(&queue_callback);
    if (strstr(name, "14_register_hook") != nullptr) return reinterpret_cast<void *>(&register_hook);
    for (size_t i = 0; i < sizeof macos_names / sizeof *macos_names; i++) {
        if (strcmp(name, macos_names[i]) == 0) return dlsym(RTLD_DEFAULT, linux_names[i]);
    }
    return dlsym(RTLD_DEFAULT, name);
}

const char *const images[] = {"/usr/lib/dyld", "/cache/libc10.dylib", "/cache/libtorch_cpu.dylib",
                              "/cache/0.36.0-libdjl_torch.dylib"};

void *macos_dlopen(const char *path, int mode) {
    const bool is_image = path == images[1] || path == images[2] || path == images[3];
    return is_image && mode == 0x11 ? const_cast<char *>(path) : nullptr;
}
uint32_t image_count() { return sizeof images / sizeof *images; }
const char *image_name(uint32_t i) { return images[i]; }
void set_to_zero(void *at, size_t size) { memset(at, 0, size); }
void never_called(const char *) { unknown("a call", 0); }

}  // namespace

void *import(const char *name) {
    static const struct {
        const char *name;
        void *address;
    } own[] = {{"_dlopen", reinterpret_cast<void *>(&macos_dlopen)},
               {"_dlsym", reinterpret_cast<void *>(&macos_dlsym)},
               {"__dyld_image_count", reinterpret_cast<void *>(&image_count)},
               {"__dyld_get_image_name", reinterpret_cast<void *>(&image_name)},
               {"_bzero", reinterpret_cast<void *>(&set_to_zero)}};
    for (const auto &one : own) {
        if (strcmp(name, one.name) == 0) return one.address;
    }
    void *found = dlsym(RTLD_DEFAULT, name + 1);
    return found != nullptr ? found : reinterpret_cast<void *>(&never_called);
}

extern "C" void *macho_open(const char *path) {
    libcxx = new MachO(getenv("LIBCXX"));
    return new MachO(path);
}

extern "C" void *macho_find(void *library, const char *name) { return static_cast<MachO *>(library)->symbol(name); }

// Asks the node behind a tensor for its name, as libc++ reads it.
extern "C" size_t macho_name_of_node(const void *tensor, char *text) {
    using GradFn = void *const *(*)(const void *);
    const auto grad_fn = reinterpret_cast<GradFn>(dlsym(RTLD_DEFAULT, "_ZNK2at10TensorBase7grad_fnEv"));
    void *node = *grad_fn(tensor);
    auto **table = *static_cast<void ***>(node);
    auto **original = static_cast<void **>(dlsym(RTLD_DEFAULT, "_ZTVN5torch8autograd5ErrorE")) + 2;
    void *name = dlsym(RTLD_DEFAULT, "_ZNK5torch8autograd4Node4nameB5cxx11Ev");
    int slot = 0;
    while (original[slot] != name) slot++;
    return libcxx_function<size_t (*)(void *, void *, char *)>("libcxx_name")(table[slot], node, text);
}
