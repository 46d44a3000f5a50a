/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// The functions of libtorch and of DJL, in the libraries that DJL has loaded.

#ifndef DJLEXT_LIBTORCH_H
#define DJLEXT_LIBTORCH_H

#include "abi.h"
#include "jvm.h"

namespace {

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
    Tensor (*ones_like)(const Tensor&, Optional<ScalarType>, Optional<int8_t> layout, Optional<Device>, Flag pinned,
                        MemoryFormat);
    Tensor (*new_zeros)(const Tensor&, ArrayRef<SymInt> shape, Optional<ScalarType>, Optional<int8_t> layout,
                        Optional<Device>, Flag pinned);
    bool (*is_view)(const Tensor*);
    const void* const& (*version_counter)(const Tensor&);
    void (*set_version_counter)(const Tensor&, const void* const& counter);
    Method<Tensor> variable_data;
    unsigned (*register_hook)(const Tensor*, Hook);
    void (*set_accumulation_hook)(const Tensor&, AccumulationHookPointer);
    void* (*default_engine)();
    void (*queue_callback)(void* engine, Callback);
    int64_t (*version)(const Tensor*);
    const NodePointer& (*grad_fn)(const Tensor*);
    int64_t (*output_nr)(const Tensor*);
    Edge (*gradient_edge)(const Tensor&);
    void (*set_gradient_edge)(const Tensor&, Edge);
    NodePointer (*current_node)();
    bool (*keep_graph)();
    uint64_t (*enter_forward_level)();
    void (*exit_forward_level)(uint64_t);
    Tensor (*make_dual)(const Tensor& primal, const Tensor& tangent, int64_t level);
    const Tensor& (*tangent)(const void* impl, uint64_t level, const Tensor& self);
    int (*graph_task)();
    Method<Variables, Variables&&> delayed_error;
    void* error_apply;
    void* node_name;
    Variables (*grad)(const Variables& outputs, const Variables& inputs, const Variables& grad_outputs,
                      Flag retain, bool create_graph, bool allow_unused);
    void (*backward)(const Variables& roots, const Variables& grad_roots, Flag retain, bool create_graph,
                     const Variables& inputs);
    // at::Generator is a counted pointer, like at::Tensor; the default ones live as long as the process.
    const Tensor& (*cpu_generator)();
    const Tensor& (*cuda_generator)(int8_t device);  // null without CUDA
    Method<Tensor> get_state;
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
    void* library = loaded_library(name);
    if (library == nullptr) throw Failure(String(name, " is not loaded"));
    return library;
}

void* address(void* library, const char* name) {
    void* found = symbol(library, name);
    if (found == nullptr) throw Failure(String("libtorch does not export ", name));
    return found;
}

template <typename F>
void find(void* library, const char* name, F& function) {
    function = reinterpret_cast<F>(address(library, name));
}

template <typename Result, typename... Arguments>
void find(void* library, const char* name, Method<Result, Arguments...>& method) {
    method.address[0] = address(library, name);
}

void find_functions() {
    void* const DJL = open_loaded(LIBRARY("djl_torch"));
    void* const CPU = open_loaded(LIBRARY("torch_cpu"));
    void* const C10 = open_loaded(LIBRARY("c10"));
#define DJL_NATIVE(function, name) find(DJL, "Java_ai_djl_pytorch_jni_PyTorchLibrary_" name, torch.function);
#if defined(_WIN32)
#define SYMBOL(library, function, itanium, msvc) find(library, msvc, torch.function);
#else
#define SYMBOL(library, function, itanium, msvc) find(library, itanium, torch.function);
#endif
#if defined(__APPLE__)
#define BY_LIBRARY(libstdcxx, libcxx) libcxx
#else
#define BY_LIBRARY(libstdcxx, libcxx) libstdcxx
#endif
#include "symbols.inc"
#if defined(_WIN32)
    // There it is not data that is exported but a function that returns its address.
    torch.undefined = reinterpret_cast<void* (*)()>(torch.undefined)();
    const char* const generator = "?getDefaultCUDAGenerator@detail@cuda@at@@YAAEBUGenerator@3@C@Z";
#else
    const char* const generator = "_ZN2at4cuda6detail23getDefaultCUDAGeneratorEa";
#endif
    void* cuda = loaded_library(LIBRARY("torch_cuda"));
    if (cuda != nullptr) {
        torch.cuda_generator = reinterpret_cast<const Tensor& (*)(int8_t)>(symbol(cuda, generator));
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

}  // namespace

#endif
