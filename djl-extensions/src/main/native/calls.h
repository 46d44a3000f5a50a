/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// A call of Java's backward, by a node or a hook.

#ifndef DJLEXT_CALLS_H
#define DJLEXT_CALLS_H

#include "tensors.h"

namespace {

// A call, for as long as it runs: Java takes the gradients that it wants, and hands over results one by one.
struct Pass {
    const Variables* given;
    Vector<int64_t> versions;  // of those that were taken, at that time
    Tensor* results;
};

constexpr int64_t kUncounted = -1;

// How often a tensor has been written to. For those that a model has computed in inference mode nobody counts, and the
// engine throws; they cannot be written to any more.
int64_t writes(const Tensor& tensor) {
    try {
        return torch.version(&tensor);
    } catch (const std::exception&) {
        return kUncounted;
    }
}

// What the engine gets for a gradient that Java has. It may store it on a leaf, as it is, and write to it later.
// So the storage must be nobody else's, unless the very tensor came from the engine, which counts references, and it
// must be one that can be written to.
void* handed_over(const Pass& pass, const Tensor& source) {
    for (const Tensor& given : *pass.given) {
        if (given.impl == source.impl) return retained(source.impl);
    }
    void** s = storage(source);
    // Java's handle is the one reference to the tensor, the tensor the one to the storage.
    const bool own = s != nullptr && references(s) == 1 && references(source.impl) == 1 && !is_borrowed(source) &&
                     writes(source) != kUncounted;
    return own ? retained(source.impl) : clone(source).take();
}

// Lets a BackwardNode take gradients, the first so many of those given, and fill results. Tells whether it has changed
// one in place, which others may use too.
bool call_java(JNIEnv* env, jobject java, const Variables& given, size_t count, Tensor* results, bool keep_graph) {
    constexpr int64_t kNotTaken = -2;
    Pass pass{&given, Vector<int64_t>(count, kNotTaken), results};
    env->CallStaticVoidMethod(static_cast<jclass>(pass_class), on_backward, java, reinterpret_cast<jlong>(&pass),
                              static_cast<jint>(count), static_cast<jboolean>(keep_graph));
    if (env->ExceptionCheck()) throw Failure::take(env);
    bool changed = false;
    for (size_t k = 0; k < count; k++) {
        changed |= pass.versions[k] != kNotTaken && writes(given[k]) != pass.versions[k];
    }
    return changed;
}

Failure changed_in_place(const char* who) {
    return Failure(String(who, " changed an upstream gradient in place, which others use too; change a copy instead"));
}

JNIEnv* calling_env() {
    JNIEnv* env = attached_env();
    if (env == nullptr) throw Failure("the engine's thread cannot be attached to the JVM");
    return env;
}

}  // namespace

// A handle of gradient k; 0 if there is none.
NATIVE_OF(NodePass, jlong, gradient)(JNIEnv*, jclass, jlong address, jint k) {
    auto& pass = *reinterpret_cast<Pass*>(address);
    const Tensor& gradient = (*pass.given)[static_cast<size_t>(k)];
    if (gradient.impl == torch.undefined) return 0;
    pass.versions[static_cast<size_t>(k)] = writes(gradient);
    return handle_of(retained(gradient.impl));
}

// Gives the engine result i.
NATIVE_OF(NodePass, void, answer)(JNIEnv* env, jclass, jlong address, jint i, jlong handle) {
    guarded(env, [&] {
        auto& pass = *reinterpret_cast<Pass*>(address);
        drop(exchange(pass.results[i].impl, handed_over(pass, tensor(handle))));
    });
}

#endif
