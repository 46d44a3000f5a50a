/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// Takes the native library through its work over the real libtorch and DJL's own library, without a JVM:
// driver LIBTORCH_FOLDER DJL_LIBRARY LIBRARY. It prints each check and ends with 0 if all have passed.

#include "jvm.h"
#include "libraries.h"

// ---- what is called

#define DJL(result, name, ...) static result(JNICALL *name)(JNIEnv *, jobject, ##__VA_ARGS__)
DJL(jlong, torchArange, jfloat, jfloat, jfloat, jint, jint, jintArray, jboolean);
DJL(jlong, torchOnes, jlongArray, jint, jint, jintArray, jboolean);
DJL(jlong, torchMul, jlong, jlong);
DJL(jlong, torchSum__J, jlong);
DJL(jlong, torchGrad, jlong);
DJL(void, torchAttachGrad, jlong, jboolean);
DJL(void, torchSetGradMode, jboolean);
DJL(jbyteArray, torchDataPtr, jlong);
DJL(void, torchDeleteTensor, jlong);
// In the place of DJL's own:
DJL(jlong, torchFromBlob, jobject, jlongArray, jint, jint, jintArray, jboolean);
DJL(void, torchBackward, jlong, jlong, jboolean, jboolean);

#define HOOKS(result, name, ...) static result(JNICALL *name)(JNIEnv *, jclass, ##__VA_ARGS__)
HOOKS(void, initialize);
HOOKS(jlong, joinCopies, jlong);
HOOKS(void, link, jobject, jlongArray, jint, jint);
HOOKS(jlong, gradient, jlong, jint);  // of NodePass, as the next
HOOKS(void, answer, jlong, jint, jlong);
HOOKS(jobject, hooksOf, jlong, jboolean);
HOOKS(jlong, hook, jobject, jlong, jboolean);
HOOKS(void, setHooksActive, jlong, jboolean);
HOOKS(jlongArray, grad, jlongArray, jlongArray, jlongArray, jboolean, jboolean, jboolean);
HOOKS(void, backward, jlongArray, jlongArray, jboolean, jboolean, jlongArray);
HOOKS(void, clearGradient, jlong);
HOOKS(jlong, detached, jlong);
HOOKS(jlong, kept, jlong);
HOOKS(void, connectTo, jlong, jlong);
HOOKS(jlong, connected, jlong, jlong);
HOOKS(jlong, asOutput, jlong, jint);
HOOKS(void, atEndOfPass, jobject);
HOOKS(jlong, copy, jlong);
HOOKS(jlong, cast, jlong, jint);
HOOKS(jlong, zeros, jlong, jlongArray);
HOOKS(jlongArray, describe, jlong);
HOOKS(jint, deviceOf, jlong);
HOOKS(jboolean, requiresGrad, jlong);
HOOKS(jint, currentPass);
HOOKS(jlong, writes, jlong);
HOOKS(jlong, randomState, jint);
HOOKS(void, setRandomState, jint, jlong);
HOOKS(jboolean, setAnomalyMode, jboolean);
HOOKS(jint, alive);
HOOKS(jstring, sourceSha256);

enum { FLOAT32 = 6, FLOAT64 = 7, DJL_FLOAT32 = 0 };
static jintArray cpu;

// ---- checks

static int passed, failed;

static void check(int holds, const char *what) {
    *(holds ? &passed : &failed) += 1;
    printf("%s %s\n", holds ? "ok  " : "FAIL", what);
    if (pending != NULL) printf("     %s: %.200s\n", holds ? "said" : "pending", pending->data);
    pending = NULL;
    fflush(stdout);
}
static void check_said(const char *part, const char *what) {
    check(pending != NULL && strstr(pending->data, part) != NULL, what);
}
static jlongArray longs(int n, const jlong *values) {
    jlongArray array = NewLongArray(env, n);
    SetRegion(env, array, 0, n, values);
    return array;
}
static jlongArray one(jlong value) { return longs(1, &value); }
static jlong at(jlongArray array, int i) { return array == NULL ? 0 : ((jlong *)((Object *)array)->data)[i]; }
static void drop(jlong handle) { torchDeleteTensor(env, 0, handle); }
static int numbers(jlong handle, float *to, int most) {
    Object *bytes = handle == 0 ? NULL : (Object *)torchDataPtr(env, 0, handle);
    int n = bytes == NULL ? 0 : bytes->length / (int)sizeof(float);
    if (n > most) n = most;
    if (n > 0) memcpy(to, bytes->data, n * sizeof(float));
    return n;
}
static int equals(jlong handle, float a, float b, float c) {
    float values[4];
    return numbers(handle, values, 4) == 3 && values[0] == a && values[1] == b && values[2] == c;
}
static void show(const char *what, jlong handle) {
    float values[6];
    int n = numbers(handle, values, 6);
    printf("     %s [", what);
    for (int i = 0; i < n; i++) printf("%s%g", i > 0 ? ", " : "", values[i]);
    printf("]\n");
}
static jlong range(float first) {
    return torchArange(env, 0, first, first + 3, 1, DJL_FLOAT32, 0, cpu, 0);
}
static jlong scalar_one(void) { return torchOnes(env, 0, longs(0, NULL), DJL_FLOAT32, 0, cpu, 0); }

// ---- Java's side of nodes

enum { SIX_X = 1, FAILS, WRONG_SHAPE, NEGATES, PASSES_ON, KEEPS, WAITS };
static jlong saved;
static int calls, released, pass_number;

static jobject new_named_node(int id, const char *name) {
    Object *node = new_text("node", name);
    node->id = id;
    return (jobject)node;
}
static jobject new_node(int id) { return new_named_node(id, "node"); }
static void node_backward(Object *node, jlong pass, int count) {
    calls++;
    if (count == 0) return;  // the end of a pass
    pass_number = currentPass(env, 0);
    torchSetGradMode(env, 0, 0);
    if (node->id == FAILS) {
        ThrowNew(env, NULL, "the rule does not like it");
        return;
    }
    const jlong upstream = gradient(env, 0, pass, 0);
    if (node->id == KEEPS) {
        drop(upstream);
        return;
    }
    if (node->id == WAITS) atEndOfPass(env, 0, new_node(KEEPS));
    const float factor = node->id == NEGATES ? -1 : 6;
    jlong number = torchArange(env, 0, factor, factor + 1, 1, DJL_FLOAT32, 0, cpu, 0);
    jlong result = torchMul(env, 0, upstream, number);
    if (node->id == SIX_X) {
        jlong product = torchMul(env, 0, result, saved);
        drop(result);
        result = product;
    }
    if (node->id == WRONG_SHAPE) {
        drop(result);
        result = torchOnes(env, 0, one(2), DJL_FLOAT32, 0, cpu, 0);
    }
    answer(env, 0, pass, 0, node->id == PASSES_ON ? upstream : result);
    drop(result), drop(number), drop(upstream);
}
static void node_released(Object *node) { released++; }

// Another tensor with the value, which depends on the input.
static jlong linked(int id, const char *name, jlong input, jlong value) {
    jlong output = detached(env, 0, value);
    const jlong handles[] = {input, output};
    link(env, 0, new_named_node(id, name), longs(2, handles), 1, 1);
    torchSetGradMode(env, 0, 1);
    return output;
}
static jlong square(int id, jlong x) {
    torchSetGradMode(env, 0, 0);
    jlong value = torchMul(env, 0, x, x);
    jlong y = linked(id, "WrongSquare", x, value);
    drop(value);
    return y;
}
// Takes sum(y) backward, and lets y go.
static void backward_of_sum(jlong y) {
    torchSetGradMode(env, 0, 1);
    jlong loss = torchSum__J(env, 0, y), up = scalar_one();
    torchBackward(env, 0, loss, up, 0, 0);
    drop(loss), drop(up), drop(y);
}

// ---- what is checked

#include "engine.h"

static void check_nodes(jlong x) {
    jlong y = square(SIX_X, x);
    check(equals(y, 1, 4, 9) && requiresGrad(env, 0, y), "an output has its value and requires a gradient");
    check(alive(env, 0) == 1 && released == 0, "the node is alive");
#if defined(MACHO)
    char text[64];
    check(macho_name_of_node((void *)y, text) == 11 && strcmp(text, "WrongSquare") == 0, "libc++ reads its name");
#endif
    backward_of_sum(y);
    jlong stored = torchGrad(env, 0, x);
    show("gradient", stored);
    check(equals(stored, 6, 12, 18), "the gradient is that of the rule");
    drop(stored);
    check(calls == 1 && pass_number >= 0, "the rule is called once, within a pass");
    check(released == 0 && alive(env, 0) == 0, "the node goes with its output; Java has released it in the pass");

    backward_of_sum(square(FAILS, x));
    check_said("the rule does not like it", "an exception of a rule passes the engine");
    check(released == 1 && alive(env, 0) == 0, "the node that failed is released");
    backward_of_sum(square(WRONG_SHAPE, x));
    check_said("WrongSquare", "the engine names the node in an error of its own");
    check(alive(env, 0) == 0, "that node is released");
    char name[6001];
    memset(name, 'n', 6000), name[6000] = 0;
    backward_of_sum(linked(WRONG_SHAPE, name, x, x));
    check_said("nnnnnnnnnnnn", "a name of 6000 characters");

    // One after the other, and each alive by the next alone.
    const int length = 3000;
    released = 0;
    jlong end = linked(PASSES_ON, "Link", x, x);
    for (int i = 1; i < length; i++) {
        jlong next = linked(PASSES_ON, "Link", end, end);
        drop(end);
        end = next;
    }
    check(alive(env, 0) == length, "a chain of 3000 nodes");
    drop(end);
    check(released == length && alive(env, 0) == 0, "the chain is released");
    for (int i = 0; i < 200; i++) backward_of_sum(square(SIX_X, x));
    check(released == length && alive(env, 0) == 0, "200 passes leave nothing behind");
}

static void check_grad(jlong unused) {
    jlong w = range(1), up = scalar_one();
    torchAttachGrad(env, 0, w, 1);
    torchSetGradMode(env, 0, 1);
    jlong z = torchMul(env, 0, w, w), loss = torchSum__J(env, 0, z);
    jlong many[700];
    for (int i = 0; i < 700; i++) many[i] = w;
    for (int n = 1; n <= 700; n += 699) {
        jlongArray result = grad(env, 0, one(loss), longs(n, many), one(up), 1, 0, 0);
        if (n == 1) show("gradient", at(result, 0));
        check(equals(at(result, 0), 2, 4, 6) && equals(at(result, n - 1), 2, 4, 6),
              n == 1 ? "grad" : "grad by 700 arrays");
        for (int i = 0; i < n; i++) drop(at(result, i));
    }
    jlongArray none = grad(env, 0, one(loss), one(unused), one(up), 1, 0, 1);
    check(none != NULL && at(none, 0) == 0, "grad by an array that is not used is null");
    grad(env, 0, one(loss), one(unused), one(up), 1, 0, 0);
    check_said("not have been used", "unless that is not allowed");
    backward(env, 0, one(loss), one(up), 0, 0, one(w));
    jlong stored = torchGrad(env, 0, w);
    check(equals(stored, 2, 4, 6), "backward stores the gradient of a leaf");
    drop(stored);
    clearGradient(env, 0, w);
    check(torchGrad(env, 0, w) == 0, "and clearGradient removes it");
    drop(loss), drop(z), drop(w), drop(up);
}

static void check_tensors(jlong x) {
    torchSetGradMode(env, 0, 1);
    jlong again = copy(env, 0, x), wide = cast(env, 0, x, FLOAT64), plain = detached(env, 0, x);
    jlong same = connected(env, 0, x, x);
    jlong facts[] = {FLOAT32, 2, 2}, square_of_zeros = zeros(env, 0, x, longs(3, facts));
    check(equals(again, 1, 2, 3) && requiresGrad(env, 0, again), "copy is recorded");
    check(at(describe(env, 0, wide), 0) == FLOAT64 && requiresGrad(env, 0, wide), "cast is recorded");
    check(equals(plain, 1, 2, 3) && !requiresGrad(env, 0, plain), "detached");
    check(equals(same, 1, 2, 3) && requiresGrad(env, 0, same), "connected");
    float values[5];
    check(numbers(square_of_zeros, values, 5) == 4 && values[3] == 0, "zeros");
    jlongArray description = describe(env, 0, square_of_zeros);
    check(((Object *)description)->length == 3 && at(description, 0) == FLOAT32 && at(description, 1) == 2 &&
              at(description, 2) == 2 && deviceOf(env, 0, x) == 0, "describe");
    connectTo(env, 0, plain, x);
    jlong itself = kept(env, 0, square_of_zeros), other = kept(env, 0, plain);
    check(requiresGrad(env, 0, plain) && !requiresGrad(env, 0, other), "connect, and what is kept of it");
    check(*(void **)itself == *(void **)square_of_zeros, "a plain tensor is kept itself");
    drop(itself), drop(other);
    check(writes(env, 0, x) == 0 && currentPass(env, 0) == -1 && asOutput(env, 0, x, 0) == 0, "no write, no pass");
    drop(again), drop(wide), drop(plain), drop(same), drop(square_of_zeros);

    jlong state = randomState(env, 0, -1);
    setRandomState(env, 0, -1, state);
    check(pending == NULL && state != 0, "the random state");
    setRandomState(env, 0, -1, x);
    check(pending != NULL, "a wrong random state is refused");
    randomState(env, 0, 0);
    check_said("no CUDA generator", "there is no GPU");
    check(!setAnomalyMode(env, 0, 1) && setAnomalyMode(env, 0, 0), "anomaly mode");
    drop(state);
}

static void check_buffers(void) {
    static float memory[] = {1, 2, 3};
    const int before = global_references;
    jlong lent = torchFromBlob(env, 0, NewDirectByteBuffer(env, memory, sizeof memory), one(3), DJL_FLOAT32, 0, cpu, 0);
    check(equals(lent, 1, 2, 3) && global_references > before, "an array holds the buffer of Java's that it lies in");
    drop(lent);
    check(global_references == before, "and lets it go");
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc != 4) return 2;
    start_jvm();
    load_libtorch(argv[1]);
    void *djl = load(argv[2]), *library = macho_open(argv[3]);
    ((jint(JNICALL *)(JavaVM *, void *))find(djl, "JNI_OnLoad"))(vm, NULL);
#define GET(name) name = FIND(find, djl, "Java_ai_djl_pytorch_jni_PyTorchLibrary_" #name)
    GET(torchArange), GET(torchOnes), GET(torchMul), GET(torchSum__J), GET(torchGrad), GET(torchAttachGrad);
    GET(torchSetGradMode), GET(torchDataPtr), GET(torchDeleteTensor);
#define GET_HOOKS(name) name = FIND(macho_find, library, "Java_org_djlext_internal_NativeHooks_" #name)
    GET_HOOKS(initialize), GET_HOOKS(joinCopies), GET_HOOKS(link), GET_HOOKS(hooksOf), GET_HOOKS(hook);
    GET_HOOKS(setHooksActive), GET_HOOKS(grad), GET_HOOKS(backward), GET_HOOKS(clearGradient), GET_HOOKS(detached), GET_HOOKS(kept), GET_HOOKS(connectTo), GET_HOOKS(connected), GET_HOOKS(asOutput);
    GET_HOOKS(atEndOfPass), GET_HOOKS(copy), GET_HOOKS(cast), GET_HOOKS(zeros), GET_HOOKS(describe), GET_HOOKS(deviceOf), GET_HOOKS(requiresGrad);
    GET_HOOKS(currentPass), GET_HOOKS(writes), GET_HOOKS(randomState), GET_HOOKS(setRandomState);
    GET_HOOKS(setAnomalyMode), GET_HOOKS(alive), GET_HOOKS(sourceSha256);
#define GET_OF_PASS(name) name = FIND(macho_find, library, "Java_org_djlext_internal_NodePass_" #name)
    GET_OF_PASS(gradient), GET_OF_PASS(answer);
    get_engine(library);
    const jint device[] = {0, -1};
    cpu = NewIntArray(env, 2);
    SetRegion(env, cpu, 0, 2, device);

    printf("built from %.16s\n", ((Object *)sourceSha256(env, 0))->data);
    initialize(env, FindClass(env, "org/djlext/internal/NativeHooks"));
    const int works = pending == NULL;
    check(works, "every symbol is found and every layout is as expected");
    if (!works) return 1;
    joinCopies(env, 0, 0);
    for (int i = 0; i < registered_count; i++) {
        if (strcmp(registered[i].name, "torchFromBlob") == 0) torchFromBlob = registered[i].fnPtr;
        if (strcmp(registered[i].name, "torchBackward") == 0) torchBackward = registered[i].fnPtr;
    }
    const int before = global_references;
    saved = range(1);
    jlong x = copy(env, 0, saved);
    torchAttachGrad(env, 0, x, 1);
    check_nodes(x);
    check_hooks();
    check_grad(x);
    check_tensors(x);
    check_buffers();
    check_accumulated();
    check_end_of_pass(x);
    check_graph(x);
    check_forward();
    drop(x), drop(saved);
    check(global_references - before <= kept_exceptions, "no reference to an object of Java's is left");
    ((void(JNICALL *)(JavaVM *, void *))macho_find(library, "JNI_OnUnload"))(vm, NULL);
    check(registered_count == 3 && registered[0].fnPtr == find(djl, "Java_ai_djl_pytorch_jni_PyTorchLibrary_torchFromBlob"),
          "unloading gives DJL its own methods back");
    printf("%d passed, %d failed\n", passed, failed);
#if defined(_WIN32)
    TerminateProcess(GetCurrentProcess(), failed > 0);
#endif
    _Exit(failed > 0);
}
