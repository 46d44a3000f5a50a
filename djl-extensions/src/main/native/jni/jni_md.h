/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// What jni.h leaves to the platform.

#ifndef DJLEXT_JNI_MD_H
#define DJLEXT_JNI_MD_H

#if defined(_WIN32)
#define JNIEXPORT __declspec(dllexport)
#define JNIIMPORT __declspec(dllimport)
#else
#define JNIEXPORT __attribute__((visibility("default")))
#define JNIIMPORT __attribute__((visibility("default")))
#endif
#define JNICALL  // there is one convention on 64 bits; some JDKs say so themselves

typedef signed char jbyte;
#if defined(_WIN32)
typedef long jint;  // long has 32 bits there
typedef long long jlong;
#else
typedef int jint;
typedef long jlong;
#endif

#endif
