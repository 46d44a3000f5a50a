/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// What the driver checks of hooks on gradients, leaves and passes, of the engine's graph and of its forward mode.

static jlong(JNICALL *node_of)(JNIEnv *, jclass, jlong);
static jlongArray(JNICALL *next_of)(JNIEnv *, jclass, jlong);
static jstring(JNICALL *name_of)(JNIEnv *, jclass, jlong);
static jlong(JNICALL *leaf_of)(JNIEnv *, jclass, jlong);
static jobject(JNICALL *java_of)(JNIEnv *, jclass, jlong);
static jlong(JNICALL *enter_forward)(JNIEnv *, jclass);
static void(JNICALL *exit_forward)(JNIEnv *, jclass, jlong);
static jlong(JNICALL *dual_of)(JNIEnv *, jclass, jlong, jlong);
static jlong(JNICALL *tangent_of)(JNIEnv *, jclass, jlong);

static void get_engine(void *library) {
#define GET_OF(function, owner, name) \
    function = FIND(macho_find, library, "Java_org_djlext_internal_" #owner "_" #name)
    GET_OF(node_of, EngineGraph, nodeOf), GET_OF(next_of, EngineGraph, nextOf), GET_OF(name_of, EngineGraph, nameOf);
    GET_OF(leaf_of, EngineGraph, leafOf), GET_OF(java_of, EngineGraph, javaOf);
    GET_OF(enter_forward, ForwardLevel, enter), GET_OF(exit_forward, ForwardLevel, exit);
    GET_OF(dual_of, ForwardLevel, dualOf), GET_OF(tangent_of, ForwardLevel, tangentOf);
}

static void check_hooks(void) {
    jlong w = range(1);
    torchAttachGrad(env, 0, w, 1);
    torchSetGradMode(env, 0, 1);
    jlong z = torchMul(env, 0, w, w);
    released = calls = 0;
    jobject java = new_node(NEGATES);
    jlong record = hook(env, 0, java, z, 0);
    check(hooksOf(env, 0, z, 0) == java && hooksOf(env, 0, w, 0) == NULL && hooksOf(env, 0, z, 1) == NULL,
          "a hook is found by its array");
    backward_of_sum(z);
    jlong gradient = torchGrad(env, 0, w);
    show("gradient", gradient);
    check(calls == 1 && equals(gradient, -2, -4, -6), "a hook changes a gradient");
    drop(gradient);
    check(released == 1 && alive(env, 0) == 0, "the hook is released");
    z = torchMul(env, 0, w, w);
    record = hook(env, 0, new_node(NEGATES), z, 0);
    setHooksActive(env, 0, record, 0);
    backward_of_sum(z);
    gradient = torchGrad(env, 0, w);
    check(calls == 1 && equals(gradient, 0, 0, 0), "a hook that is not active is not called");
    drop(gradient);
    z = torchMul(env, 0, w, w);
    hook(env, 0, new_node(FAILS), z, 0);
    backward_of_sum(z);
    check_said("the rule does not like it", "an exception of a hook passes the engine");
    check(released == 3 && alive(env, 0) == 0, "all hooks are released");
    drop(w);
}

static void check_accumulated(void) {
    jlong w = range(1);
    torchAttachGrad(env, 0, w, 1);
    torchSetGradMode(env, 0, 1);
    released = calls = 0;
    jobject java = new_node(KEEPS);
    jlong record = hook(env, 0, java, w, 1);
    check(hooksOf(env, 0, w, 1) == java && hooksOf(env, 0, w, 0) == NULL, "a hook on a leaf is found by it");
    for (int i = 0; i < 2; i++) {
        torchSetGradMode(env, 0, 1);
        backward_of_sum(torchMul(env, 0, w, w));
    }
    check(calls == 2, "a hook on a leaf is called in each pass");
    setHooksActive(env, 0, record, 0);
    torchSetGradMode(env, 0, 1);
    backward_of_sum(torchMul(env, 0, w, w));
    check(calls == 2 && released == 0, "unless it is not active");
    drop(w);
    check(released == 1 && alive(env, 0) == 0, "a hook on a leaf goes with it");
}

static void check_end_of_pass(jlong x) {
    released = calls = 0;
    backward_of_sum(square(WAITS, x));
    check(calls == 2 && released == 1 && alive(env, 0) == 0, "the end of a pass is called and released");
}

static void check_graph(jlong x) {
    jlong y = square(SIX_X, x), loss = torchSum__J(env, 0, y), plain = range(1);
    const jlong sum = node_of(env, 0, loss), own = node_of(env, 0, y), leaf = node_of(env, 0, x);
    jlongArray after_sum = next_of(env, 0, sum), after_own = next_of(env, 0, own);
    check(((Object *)after_sum)->length == 1 && at(after_sum, 0) == own, "an edge leads to the node that made the input");
    check(((Object *)after_own)->length == 1 && at(after_own, 0) == leaf, "an edge leads from a node to its leaf");
    check(node_of(env, 0, plain) == 0, "what needs no gradient has no node");
    check(java_of(env, 0, own) != NULL && java_of(env, 0, sum) == NULL, "a node of Java's is known");
#if !defined(MACHO)  // whose libtorch returns a string of libstdc++
    check(strcmp(((Object *)name_of(env, 0, own))->data, "WrongSquare") == 0 &&
              strcmp(((Object *)name_of(env, 0, sum))->data, "SumBackward0") == 0 &&
              strstr(((Object *)name_of(env, 0, leaf))->data, "torch::autograd::AccumulateGrad") != NULL,
          "names of nodes, short and long");
#endif
    jlong found = leaf_of(env, 0, leaf);
    check(equals(found, 1, 2, 3) && requiresGrad(env, 0, found) && leaf_of(env, 0, own) == 0, "the leaf of a node");
    drop(found), drop(loss), drop(y), drop(plain);
}

static void check_forward(void) {
    jlong x = range(1), direction = range(4);
    const jlong level = enter_forward(env, 0);
    enter_forward(env, 0);
    check(pending != NULL, "there is one level");
    jlong dual = dual_of(env, 0, x, direction), y = torchMul(env, 0, dual, dual), dy = tangent_of(env, 0, y);
    show("gradient forward", dy);
    check(equals(dy, 8, 20, 36) && tangent_of(env, 0, x) == 0, "the tangent of a square is 2 x dx");
    exit_forward(env, 0, level);
    check(tangent_of(env, 0, y) == 0, "tangents go with the level");
    drop(x), drop(direction), drop(dual), drop(y), drop(dy);
}
