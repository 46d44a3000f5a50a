/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// Tensors and their storage.

#ifndef DJLEXT_TENSORS_H
#define DJLEXT_TENSORS_H

#include "libtorch.h"

namespace {

// What is known of the layout of libtorch's objects, all of it tried out by probe. A counted object is a vtable
// and a count of 32 bits. The first member of a TensorImpl is the pointer to its StorageImpl, whose first
// member is a DataPtr: the address, then in either order what it is freed with, and the function that does.
constexpr size_t kAddress = 2;
size_t storage_context;
size_t storage_deleter;
// In bytes, where a TensorImpl has its type and its device, four bytes of which none is padding.
size_t kind_at;
// In words, where it has how many sizes, and after that the sizes or, if there are more than so many, their address.
size_t sizes_at;
constexpr size_t kSizesInPlace = 5;

Atomic<uint32_t>& references(void* object) {
    return *reinterpret_cast<Atomic<uint32_t>*>(static_cast<char*>(object) + sizeof(void*));
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

ArrayRef<int64_t> sizes(const Tensor& tensor) {
    auto words = static_cast<const int64_t*>(tensor.impl) + sizes_at;
    const auto count = static_cast<size_t>(words[0]);
    return {count <= kSizesInPlace ? words + 1 : reinterpret_cast<const int64_t*>(words[1]), count};
}

// The type in the lower 16 bits, then the type of the device, then its number, which does not matter for the CPU.
uint32_t kind(const Tensor& tensor) {
    const auto all = *reinterpret_cast<const uint32_t*>(static_cast<const char*>(tensor.impl) + kind_at);
    return (all >> 16 & 0xff) == 0 ? all & 0xffff : all;
}

Tensor& tensor(jlong handle) { return *reinterpret_cast<Tensor*>(handle); }

// A torch::Tensor on the heap, as DJL has it behind an array. It takes over the reference.
jlong handle_of(void* impl) { return reinterpret_cast<jlong>(new Tensor(impl)); }

void* retained(void* impl) {
    if (impl != torch.undefined) references(impl).add(1);
    return impl;
}

void drop(void* impl) {
    if (impl == torch.undefined) return;
    if (references(impl).add(-1) != 1) return;
    references(impl).add(1);  // the last one is the engine's to drop
    torch.delete_handle(nullptr, nullptr, handle_of(impl));
}

// One reference to a tensor.
class Owned {
   public:
    explicit Owned(const Tensor& result) : tensor_(result.impl) {}
    Owned(Owned&& other) noexcept : tensor_(exchange(other.tensor_.impl, torch.undefined)) {}
    Owned& operator=(Owned&& other) noexcept {
        other.tensor_.impl = exchange(tensor_.impl, other.tensor_.impl);
        return *this;
    }
    ~Owned() { drop(tensor_.impl); }
    const Tensor& operator*() const { return tensor_; }
    void* take() { return exchange(tensor_.impl, torch.undefined); }
    jlong handle() { return handle_of(take()); }

   private:
    Tensor tensor_;
};

// Tensors that libtorch returned, each with a reference of its own.
class OwnedVariables {
   public:
    explicit OwnedVariables(Variables&& variables) : variables_(moved(variables)) {}
    ~OwnedVariables() {
        for (const Tensor& variable : variables_) drop(variable.impl);
    }
    OwnedVariables(OwnedVariables&& other) noexcept : variables_(moved(other.variables_)) {}
    OwnedVariables& operator=(OwnedVariables&&) = delete;
    Tensor& operator[](size_t i) { return variables_[i]; }
    // 0 for an undefined one.
    jlong handle(size_t i) {
        void* impl = exchange(variables_[i].impl, torch.undefined);
        return impl == torch.undefined ? 0 : handle_of(impl);
    }
    // Hands them over, with their references.
    Variables take() { return moved(variables_); }

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

// Tensors in a vector, without a reference of its own: for arguments that are alive in Java. 0 is undefined.
Variables borrowed(JNIEnv* env, jlongArray handles) {
    Variables tensors;
    for (jlong handle : elements(env, handles)) {
        tensors.push(handle == 0 ? Tensor(torch.undefined) : tensor(handle));
    }
    return tensors;
}

// Upstream gradients, which the graph may keep; copies stands for those that are not the caller's own.
Variables upstream(JNIEnv* env, jlongArray handles, Vector<Owned>& copies) {
    Variables tensors = borrowed(env, handles);
    for (Tensor& t : tensors) {
        if (t.impl == torch.undefined || !is_borrowed(t)) continue;
        copies.push(clone(t));
        t = *copies.back();
    }
    return tensors;
}

}  // namespace

#endif
