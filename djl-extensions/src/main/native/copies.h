/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// Each class loader has a copy of this library, but DJL's methods lead to one of them. When that copy goes, they must
// lead to another one, for the mends are for the whole process.

#ifndef DJLEXT_COPIES_H
#define DJLEXT_COPIES_H

#include "djl_natives.h"

namespace {

struct Copy {
    void (*take_over)(JNIEnv*, jclass djl);
    Copy* next;
};

// What all copies in the process share. Java hands its address from one to the next.
struct Copies {
    bool lock;
    Copy* newest;
};

Copies* copies;
Copy this_copy;

class CopiesLocked {
   public:
    CopiesLocked() {
        while (__atomic_test_and_set(&copies->lock, __ATOMIC_ACQUIRE)) {
        }
    }
    ~CopiesLocked() { __atomic_clear(&copies->lock, __ATOMIC_RELEASE); }
    CopiesLocked(const CopiesLocked&) = delete;
};

void take_over(JNIEnv* env, jclass djl) { register_natives(env, djl, true); }

void join_copies(JNIEnv* env, jclass djl, Copies* shared) {
    copies = shared == nullptr ? new Copies{false, nullptr} : shared;
    CopiesLocked locked;
    this_copy = {&take_over, copies->newest};
    copies->newest = &this_copy;
    take_over(env, djl);
}

void leave_copies(JNIEnv* env, jclass djl) {
    if (copies == nullptr) return;
    {
        CopiesLocked locked;
        Copy** link = &copies->newest;
        while (*link != &this_copy) link = &(*link)->next;
        *link = this_copy.next;
        if (copies->newest == nullptr) {
            register_natives(env, djl, false);
        } else {
            copies->newest->take_over(env, djl);
        }
    }
    // A thread is on its way through here, perhaps for long: the code stays.
    if (inside > 0) keep_loaded(reinterpret_cast<const void*>(&take_over));
}

}  // namespace

#endif
