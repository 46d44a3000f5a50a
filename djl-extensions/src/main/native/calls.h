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

// Calls a BackwardNode with gradients, which Java gets handles of, and lets it fill results. Only what may be changed in
// place may be.
void call_java(JNIEnv* env, jobject java, const char* name, const Variables& given, size_t count, Tensor* results,
               bool changeable = false) {
    Vector<jlong> handles(count);
    Vector<int64_t> versions(count);
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
        Failure failure = Failure::take(env);
        // Java has put 0 in the place of each handle that it owns by now.
        if (array != nullptr) env->GetLongArrayRegion(array, 0, static_cast<jsize>(count), handles.data());
        for (jlong handle : handles) {
            if (handle != 0) torch.delete_handle(nullptr, nullptr, handle);
        }
        throw failure;
    }
    env->DeleteLocalRef(array);
    for (size_t k = 0; k < count; k++) {
        if (!changeable && handles[k] != 0 && torch.version(&given[k]) != versions[k]) {
            throw Failure(
                String(name, " changed an upstream gradient in place, which others use too; change a copy instead"));
        }
    }
}

}  // namespace

#endif
