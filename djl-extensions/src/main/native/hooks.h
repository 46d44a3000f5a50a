/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// Hooks on gradients, on leaves and on the end of a pass.

#ifndef DJLEXT_HOOKS_H
#define DJLEXT_HOOKS_H

#include "calls.h"

namespace {

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
    bool accumulated;  // on a leaf whose gradient is stored, not on a gradient
    Atomic<int> functors{0};
    Atomic<bool> active{true};
    HookRecord* next = nullptr;
};

HookRecord* hook_records;

void release_java(jobject java) {
    Visit visit;
    if (visit.env == nullptr) return;
    visit.env->CallVoidMethod(java, on_release);
    if (visit.env->ExceptionCheck()) visit.env->ExceptionClear();
    visit.env->DeleteGlobalRef(java);
    alive_in_graph.add(-1);
    count(visit.env, -1);
}

void remove(HookRecord* record) {
    {
        Locked locked;
        HookRecord** link = &hook_records;
        while (*link != record) link = &(*link)->next;
        *link = record->next;
    }
    release_java(record->java);
    delete record;
}

// The functor that the engine keeps.
class GradientHook {
   public:
    explicit GradientHook(HookRecord* record) : record_(record) { record_->functors.add(1); }
    GradientHook(const GradientHook& other) : GradientHook(other.record_) {}
    GradientHook& operator=(const GradientHook&) = delete;
    ~GradientHook() {
        if (record_->functors.add(-1) == 1) remove(record_);
    }

    // The undefined tensor means: keep the gradient that is there.
    Tensor operator()(const Tensor& gradient) const {
        if (gradient.impl == torch.undefined || !record_->active) return Tensor(torch.undefined);
        OwnedVariables result(Variables(1, Tensor(torch.undefined)));
        if (call_java(calling_env(), record_->java, Variables(1, gradient), 1, &result[0], torch.keep_graph())) {
            throw changed_in_place("a gradient hook");
        }
        return Tensor(exchange(result[0].impl, torch.undefined));
    }

   private:
    HookRecord* record_;
};

// torch::autograd::PostAccumulateGradHook, in the order of its table. The leaf owns it.
class AccumulationHook final {
   public:
    explicit AccumulationHook(HookRecord* record) : record_(record) {}
#if defined(_WIN32)
    virtual void* destructor(unsigned) noexcept {
        release();
        return nullptr;
    }
#else
    virtual void destructor() noexcept { remove(record_); }
    virtual void deleting_destructor() noexcept { release(); }
#endif
    virtual void call(const Tensor& leaf) {
        if (!record_->active) return;
        call_java(calling_env(), record_->java, Variables(1, leaf), 1, nullptr, torch.keep_graph());
    }
    virtual void compiled_args(void*) const {}
    virtual void apply_with_saved(void*, void*) {}

   private:
    void release() {
        remove(record_);
        delete this;
    }
    HookRecord* record_;
};

// The functor that the engine calls at the end of a pass, and lets go when the pass is over or has failed.
class PassEnd {
   public:
    explicit PassEnd(jobject java) : shared_(new Shared{java, 1}) {}
    PassEnd(const PassEnd& other) : shared_(other.shared_) {
        __atomic_add_fetch(&shared_->owners, 1, __ATOMIC_SEQ_CST);
    }
    PassEnd& operator=(const PassEnd&) = delete;
    ~PassEnd() {
        if (__atomic_sub_fetch(&shared_->owners, 1, __ATOMIC_SEQ_CST) != 0) return;
        release_java(shared_->java);
        delete shared_;
    }
    void operator()() const { call_java(calling_env(), shared_->java, Variables(), 0, nullptr, torch.keep_graph()); }

   private:
    struct Shared {
        jobject java;  // a BackwardNode
        int owners;
    };
    Shared* shared_;
};

}  // namespace

#endif
