/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// Stand-ins for the types of libtorch that cross the border, of the same size and calling convention, so that
// no header of libtorch is needed.

#ifndef DJLEXT_ABI_H
#define DJLEXT_ABI_H

#include "standard.h"

// at::Tensor and at::TensorBase: one counted pointer, to the c10::TensorImpl. Copy and destructor are not
// trivial, so the compiler passes and returns it by address, as it does the original. They count no
// references: who owns one is said where it is used.
struct Tensor {
    void* impl;
    explicit Tensor(void* i) : impl(i) {}
    Tensor(const Tensor& other) : impl(other.impl) {}
    Tensor& operator=(const Tensor&) = default;
    ~Tensor() {}
};

using Variables = Vector<Tensor>;

namespace {
class GradientHook;
class PassEnd;
}  // namespace
using Hook = Function<Tensor(const Tensor&), GradientHook>;
using Callback = Function<void(), PassEnd>;

// c10::SymInt, which holds a plain size as it is.
struct SymInt {
    int64_t value;
    explicit SymInt(int64_t v) : value(v) {}
    SymInt(const SymInt& other) : value(other.value) {}
    ~SymInt() {}
};

// c10::ArrayRef
template <typename T>
struct ArrayRef {
    const T* data;
    size_t size;
};

// c10::Device: its type and its number.
struct Device {
    int8_t type;
    int8_t index;
};

using ScalarType = int8_t;
using Flag = Optional<bool>;
using MemoryFormat = Optional<int8_t>;

// std::shared_ptr<torch::autograd::Node>. It is only ever moved from one function of libtorch to another,
// so nothing here counts, and none is left behind.
struct NodePointer {
    void* node = nullptr;
    void* control = nullptr;
    NodePointer() {}
    NodePointer(const NodePointer&) = delete;
    NodePointer(NodePointer&& other) noexcept : node(other.node), control(other.control) {
        other.node = other.control = nullptr;
    }
    ~NodePointer() {}
};

// std::unique_ptr<torch::autograd::PostAccumulateGradHook>, on its way to a function that takes over what it owns.
struct AccumulationHookPointer {
    void* hook;
    explicit AccumulationHookPointer(void* h) : hook(h) {}
    AccumulationHookPointer(const AccumulationHookPointer&) = delete;
    ~AccumulationHookPointer() {}
};

// torch::autograd::Edge
struct Edge {
    NodePointer function;
    uint32_t input_nr = 0;
    Edge(NodePointer&& f, uint32_t nr) : function(static_cast<NodePointer&&>(f)), input_nr(nr) {}
    Edge(Edge&& other) noexcept
        : function(static_cast<NodePointer&&>(other.function)), input_nr(other.input_nr) {}
    ~Edge() {}
};

#endif
