/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// What libtorch on macOS does with the standard types that the library gives it, by the real libc++ and its compiler.

#include <__functional/function.h>
#include <string>

struct Tensor {
    void* impl;
    Tensor(const Tensor& other) : impl(other.impl) {}
    ~Tensor() {}
};

using Hook = std::function<Tensor(const Tensor&)>;
using Callback = std::function<void()>;
static_assert(sizeof(Hook) == 32 && sizeof(std::string) == 24, "as on Apple silicon");

extern "C" {
__attribute__((visibility("default"))) Hook* libcxx_take(Hook* hook) { return new Hook(std::move(*hook)); }
__attribute__((visibility("default"))) Hook* libcxx_copy(const Hook* hook) { return new Hook(*hook); }
__attribute__((visibility("default"))) Tensor libcxx_call(const Hook* hook, const Tensor& t) { return (*hook)(t); }
__attribute__((visibility("default"))) void libcxx_drop(Hook* hook) { delete hook; }
__attribute__((visibility("default"))) Callback* libcxx_take_callback(Callback* c) { return new Callback(std::move(*c)); }
__attribute__((visibility("default"))) void libcxx_call_callback(const Callback* callback) { (*callback)(); }
__attribute__((visibility("default"))) void libcxx_drop_callback(Callback* callback) { delete callback; }
// Calls a node's name, and copies it to text. Returns its length.
__attribute__((visibility("default"))) size_t libcxx_name(std::string (*name)(const void*), const void* node, char* text) {
    const std::string result = name(node);
    const std::string copy = result;
    for (size_t i = 0; i <= copy.size(); i++) text[i] = copy.c_str()[i];
    return copy.size();
}
}
