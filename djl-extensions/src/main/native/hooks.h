/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// Hooks on gradients.

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
    Atomic<int> functors{0};
    Atomic<bool> active{true};
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
        alive_in_graph.add(-1);
        count(visit.env, -1);
    }
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
        JNIEnv* env = attached_env();
        if (env == nullptr) throw Failure("the engine's thread cannot be attached to the JVM");
        OwnedVariables result(Variables(1, Tensor(torch.undefined)));
        call_java(env, record_->java, "a gradient hook", Variables(1, gradient), 1, &result[0]);
        return Tensor(exchange(result[0].impl, torch.undefined));
    }

   private:
    HookRecord* record_;
};

}  // namespace

#endif
