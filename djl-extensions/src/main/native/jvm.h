/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// The way into the JVM and back: threads, exceptions, arrays.

#ifndef DJLEXT_JVM_H
#define DJLEXT_JVM_H

#include "standard.h"

namespace {

JavaVM* vm;
jmethodID on_backward;  // NodePass.run: a static method, because the JVM takes longer to find one of an interface
jmethodID on_release;   // of BackwardNode
jmethodID get_name;
jmethodID get_message;  // of Throwable
jmethodID get_cause;
jweak hooks_class;     // weak, so that a class loader can be freed,
jweak pass_class;
jobject hooks_pinned;  // but not while anything of ours is alive
jweak djl_class;
Atomic<int64_t> alive(0);
Atomic<int> alive_in_graph(0);  // nodes and hooks, but not buffers
bool lock;

// For a few instructions only: nothing of the engine or of a user runs under it.
class Locked {
   public:
    Locked() {
        while (__atomic_test_and_set(&lock, __ATOMIC_ACQUIRE)) {
        }
    }
    ~Locked() { __atomic_clear(&lock, __ATOMIC_RELEASE); }
    Locked(const Locked&) = delete;
};

// The JNIEnv of the calling thread. The engine runs the backward of a GPU graph on a thread of its own; that
// one is attached as a daemon, so that it does not keep the JVM alive, and stays so.
JNIEnv* attached_env() {
    JNIEnv* env = nullptr;
    if (vm->GetEnv(reinterpret_cast<void**>(&env), JNI_VERSION_1_8) == JNI_OK) return env;
    JavaVMAttachArgs args{JNI_VERSION_1_8, const_cast<char*>("libtorch-autograd"), nullptr};
    if (vm->AttachCurrentThreadAsDaemon(reinterpret_cast<void**>(&env), &args) == JNI_OK) return env;
    return nullptr;
}

// A call into Java from where memory is freed, which may be a thread that is about to end, or that an exception
// is on its way through. Both stay as they were. env is null if the JVM is gone.
class Visit {
   public:
    Visit() {
        const bool known = vm->GetEnv(reinterpret_cast<void**>(&env), JNI_VERSION_1_8) == JNI_OK;
        if (!known) env = attached_env();
        detach_ = !known && env != nullptr;
        if (env != nullptr && (pending_ = env->ExceptionOccurred()) != nullptr) env->ExceptionClear();
    }
    ~Visit() {
        if (env == nullptr) return;
        if (env->ExceptionCheck()) env->ExceptionClear();
        if (pending_ != nullptr) {
            env->Throw(pending_);
            env->DeleteLocalRef(pending_);
        }
        if (detach_) vm->DetachCurrentThread();
    }
    Visit(const Visit&) = delete;
    JNIEnv* env = nullptr;

   private:
    jthrowable pending_ = nullptr;
    bool detach_ = false;
};

// Counts what calls into this library later: nodes, hooks and buffers. While there is any, the class loader of
// the library's Java side must not go, for the library would go with it.
void count(JNIEnv* env, int64_t change) {
    const int64_t before = alive.add(change);
    if (before != 0 && before + change != 0) return;
    Locked locked;
    if (alive > 0 && hooks_pinned == nullptr) {
        hooks_pinned = env->NewGlobalRef(hooks_class);
    } else if (alive == 0 && hooks_pinned != nullptr) {
        env->DeleteGlobalRef(hooks_pinned);
        hooks_pinned = nullptr;
    }
}

String text_of(JNIEnv* env, jstring string) {
    const char* chars = string == nullptr ? nullptr : env->GetStringUTFChars(string, nullptr);
    if (chars == nullptr) return String();
    String text(chars);
    env->ReleaseStringUTFChars(string, chars);
    return text;
}

// What is thrown here: a sentence, and the Java exception behind it, if there is one, on its way through the
// engine's frames. The engine keeps it and copies it.
class Failure : public std::exception {
   public:
    explicit Failure(String text, jthrowable thrown = nullptr) : held_(new Held{moved(text), thrown, 1}) {}
    // Takes the pending exception.
    static Failure take(JNIEnv* env) {
        jthrowable thrown = env->ExceptionOccurred();
        env->ExceptionClear();
        auto message = static_cast<jstring>(env->CallObjectMethod(thrown, get_message));
        if (env->ExceptionCheck()) env->ExceptionClear();
        Failure failure(text_of(env, message), static_cast<jthrowable>(env->NewGlobalRef(thrown)));
        env->DeleteLocalRef(message);
        env->DeleteLocalRef(thrown);
        return failure;
    }
    Failure(const Failure& other) noexcept : std::exception(other), held_(other.held_) {
        __atomic_add_fetch(&held_->owners, 1, __ATOMIC_SEQ_CST);
    }
    ~Failure() noexcept override {
        if (__atomic_sub_fetch(&held_->owners, 1, __ATOMIC_SEQ_CST) != 0) return;
        if (held_->thrown != nullptr) {
            Visit visit;
            if (visit.env != nullptr) visit.env->DeleteGlobalRef(held_->thrown);
        }
        delete held_;
    }
    const char* what() const noexcept override { return held_->text.c_str(); }
    jthrowable thrown() const { return held_->thrown; }

   private:
    struct Held {
        String text;
        jthrowable thrown;
        int owners;
    };
    Held* held_;
};

// The length of a message without the backtrace of C++ frames that libtorch adds, which tells a Java user nothing.
size_t length_without_backtrace(const char* message) {
    const char* const mark = "\nException raised from ";
    for (size_t end = 0;; end++) {
        size_t same = 0;
        while (mark[same] != 0 && message[end + same] == mark[same]) same++;
        if (mark[same] == 0 || message[end] == 0) return end;
    }
}

void throw_engine_exception(JNIEnv* env, const char* message, jthrowable thrown) {
    jclass type = env->FindClass("ai/djl/engine/EngineException");
    if (type == nullptr) return;
    jstring text = env->NewStringUTF(String(message, length_without_backtrace(message)).c_str());
    if (text == nullptr) return;
    if (thrown == nullptr) {
        jmethodID make = env->GetMethodID(type, "<init>", "(Ljava/lang/String;)V");
        if (make != nullptr) env->Throw(static_cast<jthrowable>(env->NewObject(type, make, text)));
        return;
    }
    // What the user's code threw, if it did, rather than our sentence about it, which is the message.
    jobject cause = env->CallObjectMethod(thrown, get_cause);
    if (env->ExceptionCheck()) return;
    jmethodID make = env->GetMethodID(type, "<init>", "(Ljava/lang/String;Ljava/lang/Throwable;)V");
    if (make == nullptr) return;
    env->Throw(static_cast<jthrowable>(env->NewObject(type, make, text, cause == nullptr ? thrown : cause)));
}

// Runs body and turns a C++ exception into a Java one: nothing may cross a JNI frame.
template <typename Body>
auto guarded(JNIEnv* env, Body body) -> decltype(body()) {
    try {
        return body();
    } catch (const Failure& e) {
        throw_engine_exception(env, e.what(), e.thrown());
    } catch (const std::exception& e) {
        throw_engine_exception(env, e.what(), nullptr);
    } catch (...) {
        throw_engine_exception(env, "unknown native exception", nullptr);
    }
    return decltype(body())();
}

template <typename Element, typename JavaArray, typename Region>
Vector<Element> elements(JNIEnv* env, JavaArray array, Region region) {
    Vector<Element> values(static_cast<size_t>(env->GetArrayLength(array)));
    (env->*region)(array, 0, static_cast<jsize>(values.size()), values.data());
    return values;
}

Vector<jlong> elements(JNIEnv* env, jlongArray array) {
    return elements<jlong>(env, array, &JNIEnv::GetLongArrayRegion);
}

jlongArray array_of(JNIEnv* env, Vector<jlong>& values) {
    auto size = static_cast<jsize>(values.size());
    jlongArray array = env->NewLongArray(size);
    if (array != nullptr) env->SetLongArrayRegion(array, 0, size, values.data());
    return array;
}

}  // namespace

// A native method of a class, of NativeHooks if no other is named.
#define NATIVE_OF(owner, type, name) extern "C" JNIEXPORT type JNICALL Java_org_djlext_internal_##owner##_##name
#define NATIVE(type, name) NATIVE_OF(NativeHooks, type, name)

#endif
