/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// As much of a JVM as the native library and DJL's need for the driver's calls. Every object is an Object, a method is
// its name, and nothing is ever freed. A function that is called and missing here ends the driver with its number.

#ifndef DJLEXT_TEST_JVM_H
#define DJLEXT_TEST_JVM_H

#include <jni.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// An array, a string, a class, a buffer, a throwable with its message, or a node.
typedef struct {
    const char *kind;
    int length;
    int size;  // of an element
    char *data;
    int id;
} Object;

static struct JNINativeInterface_ functions;
static const struct JNINativeInterface_ *functions_pointer = &functions;
static JNIEnv *const env = (JNIEnv *)&functions_pointer;
static struct JNIInvokeInterface_ vm_functions;
static const struct JNIInvokeInterface_ *vm_functions_pointer = &vm_functions;
static JavaVM *const vm = (JavaVM *)&vm_functions_pointer;

static Object *pending;
static int global_references;
static JNINativeMethod registered[8];
static int registered_count;

static void node_backward(Object *node, jlong pass, int count);
static void node_released(Object *node);

static Object *new_object(const char *kind, int size, int length) {
    Object *object = calloc(1, sizeof *object);
    object->kind = kind;
    object->size = size;
    object->length = length;
    object->data = calloc(length + 1, size);
    return object;
}
static Object *new_text(const char *kind, const char *text) {
    Object *object = new_object(kind, 1, (int)strlen(text));
    strcpy(object->data, text);
    return object;
}

// What is behind the fixed arguments: in a va_list of the driver's platform, or on macOS in words.
#if defined(MACHO)
#define NEXT_POINTER(arguments) (*(*(void ***)&(arguments))++)
#define NEXT_LONG(arguments) ((jlong)NEXT_POINTER(arguments))
#define NEXT_INT(arguments) ((jint)NEXT_LONG(arguments))
typedef void **Arguments;
#else
#define NEXT_POINTER(arguments) va_arg(arguments, void *)
#define NEXT_LONG(arguments) va_arg(arguments, jlong)
#define NEXT_INT(arguments) va_arg(arguments, jint)
typedef va_list Arguments;
#endif

static jclass JNICALL FindClass(JNIEnv *e, const char *name) { return (jclass)new_text("class", name); }
static jint JNICALL Throw(JNIEnv *e, jthrowable thrown) {
    pending = (Object *)thrown;
    return 0;
}
static jint JNICALL ThrowNew(JNIEnv *e, jclass type, const char *message) {
    return Throw(e, (jthrowable)new_text("throwable", message));
}
static jboolean JNICALL ExceptionCheck(JNIEnv *e) { return pending != NULL; }
static jthrowable JNICALL ExceptionOccurred(JNIEnv *e) { return (jthrowable)pending; }
static void JNICALL ExceptionClear(JNIEnv *e) { pending = NULL; }
static jobject JNICALL NewGlobalRef(JNIEnv *e, jobject object) {
    global_references++;
    return object;
}
static void JNICALL DeleteGlobalRef(JNIEnv *e, jobject object) { global_references--; }
static jobject JNICALL NewRef(JNIEnv *e, jobject object) { return object; }
static void JNICALL DeleteRef(JNIEnv *e, jobject object) {}
static jmethodID JNICALL GetMethodID(JNIEnv *e, jclass type, const char *name, const char *signature) {
    return (jmethodID)strdup(name);
}
static jobject JNICALL CallObjectMethodV(JNIEnv *e, jobject object, jmethodID method, va_list arguments) {
    // The message of a throwable, and the name of a node.
    return strcmp((char *)method, "getCause") == 0 ? NULL : object;
}
static void JNICALL CallVoidMethodV(JNIEnv *e, jobject object, jmethodID method, Arguments arguments) {
    node_released((Object *)object);
}
static void JNICALL CallStaticVoidMethodV(JNIEnv *e, jclass type, jmethodID method, Arguments arguments) {
    Object *node = (Object *)NEXT_POINTER(arguments);
    jlong pass = NEXT_LONG(arguments);
    node_backward(node, pass, NEXT_INT(arguments));
}
static jobject JNICALL NewObjectV(JNIEnv *e, jclass type, jmethodID make, Arguments arguments) {
    const char *name = ((Object *)type)->data;
    if (strcmp(name, "ai/djl/engine/EngineException") != 0) return (jobject)type;
    return (jobject)new_text("throwable", ((Object *)NEXT_POINTER(arguments))->data);
}
static jobject JNICALL GetStaticObjectField(JNIEnv *e, jclass type, jfieldID field) { return (jobject)type; }
static jstring JNICALL NewStringUTF(JNIEnv *e, const char *text) { return (jstring)new_text("string", text); }
static const char *JNICALL GetStringUTFChars(JNIEnv *e, jstring string, jboolean *copy) {
    return ((Object *)string)->data;
}
static void JNICALL ReleaseStringUTFChars(JNIEnv *e, jstring string, const char *chars) {}
static jsize JNICALL GetArrayLength(JNIEnv *e, jarray array) { return ((Object *)array)->length; }
static jlongArray JNICALL NewLongArray(JNIEnv *e, jsize n) { return (jlongArray)new_object("array", 8, n); }
static jintArray JNICALL NewIntArray(JNIEnv *e, jsize n) { return (jintArray)new_object("array", 4, n); }
static jbyteArray JNICALL NewByteArray(JNIEnv *e, jsize n) { return (jbyteArray)new_object("array", 1, n); }
static void JNICALL GetRegion(JNIEnv *e, jarray array, jsize from, jsize n, void *to) {
    Object *a = (Object *)array;
    memcpy(to, a->data + a->size * from, (size_t)a->size * n);
}
static void JNICALL SetRegion(JNIEnv *e, jarray array, jsize to, jsize n, const void *from) {
    Object *a = (Object *)array;
    memcpy(a->data + a->size * to, from, (size_t)a->size * n);
}
static void *JNICALL GetElements(JNIEnv *e, jarray array, jboolean *copy) { return ((Object *)array)->data; }
static void JNICALL ReleaseElements(JNIEnv *e, jarray array, void *data, jint mode) {}
static jobject JNICALL NewDirectByteBuffer(JNIEnv *e, void *address, jlong size) {
    Object *buffer = new_object("buffer", 1, 0);
    buffer->data = address;
    return (jobject)buffer;
}
static void *JNICALL GetDirectBufferAddress(JNIEnv *e, jobject buffer) { return ((Object *)buffer)->data; }
static jint JNICALL RegisterNatives(JNIEnv *e, jclass type, const JNINativeMethod *methods, jint n) {
    memcpy(registered, methods, n * sizeof *methods);
    registered_count = n;
    return 0;
}
static jint JNICALL GetJavaVM(JNIEnv *e, JavaVM **result) {
    *result = vm;
    return 0;
}
static jint JNICALL GetEnv(JavaVM *v, void **result, jint version) {
    *result = env;
    return 0;
}

static void missing(int number) {
    printf("the driver's JVM has no function %d\n", number);
    exit(2);
}
#define MISSING(n) static void JNICALL missing##n(void) { missing(n); }
#define SIXTEEN(M, n) M(n##0) M(n##1) M(n##2) M(n##3) M(n##4) M(n##5) M(n##6) M(n##7) M(n##8) M(n##9) \
    M(n##a) M(n##b) M(n##c) M(n##d) M(n##e) M(n##f)
#define ALL(M) SIXTEEN(M, 0x0) SIXTEEN(M, 0x1) SIXTEEN(M, 0x2) SIXTEEN(M, 0x3) SIXTEEN(M, 0x4) SIXTEEN(M, 0x5) \
    SIXTEEN(M, 0x6) SIXTEEN(M, 0x7) SIXTEEN(M, 0x8) SIXTEEN(M, 0x9) SIXTEEN(M, 0xa) SIXTEEN(M, 0xb) SIXTEEN(M, 0xc) \
    SIXTEEN(M, 0xd) SIXTEEN(M, 0xe)
ALL(MISSING)
#define ADDRESS(n) (void *)&missing##n,
static void *const all_missing[] = {ALL(ADDRESS)};

static void start_jvm(void) {
    memcpy(&functions, all_missing, sizeof functions < sizeof all_missing ? sizeof functions : sizeof all_missing);
#define SET(name, function) functions.name = (void *)&function
#define SAME(name) SET(name, name)
    SAME(FindClass), SAME(Throw), SAME(ThrowNew), SAME(ExceptionCheck), SAME(ExceptionOccurred), SAME(ExceptionClear);
    SAME(NewGlobalRef), SAME(DeleteGlobalRef), SET(NewWeakGlobalRef, NewRef), SET(DeleteWeakGlobalRef, DeleteRef);
    SET(NewLocalRef, NewRef), SET(DeleteLocalRef, DeleteRef), SET(GetObjectClass, NewRef);
    SAME(GetMethodID), SET(GetStaticMethodID, GetMethodID), SET(GetFieldID, GetMethodID);
    SET(GetStaticFieldID, GetMethodID), SAME(GetStaticObjectField);
    SAME(CallObjectMethodV), SAME(CallVoidMethodV), SAME(CallStaticVoidMethodV), SAME(NewObjectV);
    SAME(NewStringUTF), SAME(GetStringUTFChars), SAME(ReleaseStringUTFChars);
    SAME(GetArrayLength), SAME(NewLongArray), SAME(NewIntArray), SAME(NewByteArray);
    SET(GetLongArrayRegion, GetRegion), SET(GetBooleanArrayRegion, GetRegion);
    SET(SetLongArrayRegion, SetRegion), SET(SetIntArrayRegion, SetRegion), SET(SetByteArrayRegion, SetRegion);
    SET(GetLongArrayElements, GetElements), SET(ReleaseLongArrayElements, ReleaseElements);
    SET(GetIntArrayElements, GetElements), SET(ReleaseIntArrayElements, ReleaseElements);
    SAME(NewDirectByteBuffer), SAME(GetDirectBufferAddress), SAME(RegisterNatives), SAME(GetJavaVM);
    vm_functions.GetEnv = &GetEnv;
}

#endif
