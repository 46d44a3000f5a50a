/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// DJL's own native methods, with their faults mended.

#ifndef DJLEXT_DJL_NATIVES_H
#define DJLEXT_DJL_NATIVES_H

#include "tensors.h"

namespace {

// How many threads are inside of one of the methods below.
Atomic<int> inside(0);

struct Inside {
    Inside() { inside.add(1); }
    ~Inside() { inside.add(-1); }
    Inside(const Inside&) = delete;
};

// Frees a buffer of Java's when the last tensor over it is gone.
void release_buffer(void* reference) {
    Visit visit;
    if (visit.env == nullptr) return;
    visit.env->DeleteGlobalRef(static_cast<jobject>(reference));
    count(visit.env, -1);
}

// DJL lets a tensor lie in a buffer of Java's that only the array object holds: with the object goes the memory,
// even if the graph still points to it, as after x.mul(3). From here on, the storage itself holds the buffer.
void hold_buffer(JNIEnv* env, const Tensor& result, jobject buffer) {
    void** s = storage(result);
    if (s == nullptr || s[storage_context] != nullptr || s[kAddress] != env->GetDirectBufferAddress(buffer)) return;
    jobject reference = env->NewGlobalRef(buffer);
    if (reference == nullptr) return;
    count(env, 1);
    s[storage_context] = reference;
    s[storage_deleter] = reinterpret_cast<void*>(&release_buffer);
}

jlong from_blob(JNIEnv* env, jobject self, jobject buffer, jlongArray shape, jint type, jint layout, jintArray device,
                jboolean requires_grad) {
    Inside counted;
    jlong handle = torch.from_blob(env, self, buffer, shape, type, layout, device, requires_grad);
    if (handle != 0 && !env->ExceptionCheck()) hold_buffer(env, tensor(handle), buffer);
    return handle;
}

void set_buffer(JNIEnv* env, jobject self, jlong handle, jobject buffer) {
    Inside counted;
    torch.set_buffer(env, self, handle, buffer);
    if (!env->ExceptionCheck()) hold_buffer(env, tensor(handle), buffer);
}

// DJL's keeps the message of an exception alone; this one keeps the exception.
void backward(JNIEnv* env, jobject, jlong root, jlong gradient, jboolean keep_graph, jboolean create_graph) {
    Inside counted;
    guarded(env, [&] {
        Owned copy(Tensor(torch.undefined));
        if (is_borrowed(tensor(gradient))) copy = clone(tensor(gradient));
        const Tensor& given = (*copy).impl == torch.undefined ? tensor(gradient) : *copy;
        torch.backward(Variables(1, tensor(root)), Variables(1, given), Flag(keep_graph == JNI_TRUE),
                       create_graph == JNI_TRUE, Variables());
    });
}

void register_natives(JNIEnv* env, jclass djl, bool ours) {
    auto pointer = [&](auto mine, auto theirs) {
        return ours ? reinterpret_cast<void*>(mine) : reinterpret_cast<void*>(theirs);
    };
    const JNINativeMethod methods[] = {
        {const_cast<char*>("torchFromBlob"), const_cast<char*>("(Ljava/nio/ByteBuffer;[JII[IZ)J"),
         pointer(&from_blob, torch.from_blob)},
        {const_cast<char*>("torchSet"), const_cast<char*>("(JLjava/nio/ByteBuffer;)V"),
         pointer(&set_buffer, torch.set_buffer)},
        {const_cast<char*>("torchBackward"), const_cast<char*>("(JJZZ)V"),
         pointer(&backward, torch.djl_backward)},
    };
    env->RegisterNatives(djl, methods, sizeof methods / sizeof methods[0]);
}

}  // namespace

#endif
