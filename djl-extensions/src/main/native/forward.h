/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// The engine's forward mode: tensors that carry a tangent, at the one level that there is in a process.

#ifndef DJLEXT_FORWARD_H
#define DJLEXT_FORWARD_H

#include "tensors.h"

NATIVE_OF(ForwardLevel, jlong, enter)(JNIEnv* env, jclass) {
    return guarded(env, [&] { return static_cast<jlong>(torch.enter_forward_level()); });
}

// Takes the tangents from all tensors.
NATIVE_OF(ForwardLevel, void, exit)(JNIEnv* env, jclass, jlong level) {
    guarded(env, [&] { torch.exit_forward_level(static_cast<uint64_t>(level)); });
}

// A tensor over the same storage that carries a tangent.
NATIVE_OF(ForwardLevel, jlong, dualOf)(JNIEnv* env, jclass, jlong primal, jlong tangent) {
    return guarded(env, [&] { return Owned(torch.make_dual(tensor(primal), tensor(tangent), 0)).handle(); });
}

// The tangent that a tensor carries, 0 if it carries none.
NATIVE_OF(ForwardLevel, jlong, tangentOf)(JNIEnv* env, jclass, jlong handle) {
    return guarded(env, [&]() -> jlong {
        const Tensor& found = torch.tangent(tensor(handle).impl, 0, tensor(handle));
        return found.impl == torch.undefined ? 0 : handle_of(retained(found.impl));
    });
}

#endif
