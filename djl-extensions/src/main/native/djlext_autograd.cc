/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// What DJL's own JNI layer leaves out and a custom operation needs: a node in the engine's graph whose
// backward is a Java method, hooks, recorded copies and casts, and arrays whose memory lives as long as the
// graph that refers to it.
//
// It includes no libtorch header and links nothing of libtorch. Functions are looked up by their mangled
// names in the libraries that DJL has loaded (symbols.inc), types are stood in for (abi.h, standard.h), and what is
// known of layouts is tried out when the library is loaded (probe.h); where it does not hold, it is not used at all.

#include "copies.h"
#include "forward.h"
#include "hooks.h"
#include "probe.h"
#if defined(__linux__)
#include "process_group.h"
#endif

namespace {

// The generator of a device: -1 for the CPU, else the number of the GPU.
const Tensor& generator(jint device) {
    if (device < 0) return torch.cpu_generator();
    if (torch.cuda_generator == nullptr) throw Failure("the engine has no CUDA generator");
    return torch.cuda_generator(static_cast<int8_t>(device));
}

}  // namespace

// ---- what NativeHooks calls

NATIVE(void, initialize)(JNIEnv* env, jclass type) {
    guarded(env, [&] {
        env->GetJavaVM(&vm);
        jclass throwable = env->FindClass("java/lang/Throwable");
        jclass node = env->FindClass("org/djlext/internal/BackwardNode");
        jclass pass = env->FindClass("org/djlext/internal/NodePass");
        jclass djl = env->FindClass("ai/djl/pytorch/jni/PyTorchLibrary");
        if (node == nullptr || pass == nullptr || djl == nullptr) return;
        get_message = env->GetMethodID(throwable, "getMessage", "()Ljava/lang/String;");
        get_cause = env->GetMethodID(throwable, "getCause", "()Ljava/lang/Throwable;");
        on_backward = env->GetStaticMethodID(pass, "run", "(Lorg/djlext/internal/BackwardNode;JIZ)V");
        on_release = env->GetMethodID(node, "onRelease", "()V");
        get_name = env->GetMethodID(node, "name", "()Ljava/lang/String;");
        if (on_backward == nullptr || on_release == nullptr || get_name == nullptr) return;
        hooks_class = env->NewWeakGlobalRef(type);
        pass_class = env->NewWeakGlobalRef(pass);
        djl_class = env->NewWeakGlobalRef(djl);
        find_functions();
        Owned plain = probe_tensor(env);
        probe_storage(*plain);
        probe_kind_and_sizes(*plain);
        probe_node(env, *plain);
    });
}

// Lets DJL's methods lead to this copy of the library. Takes what the last copy returned, or 0, and returns it for the
// next.
NATIVE(jlong, joinCopies)(JNIEnv* env, jclass, jlong shared) {
    return guarded(env, [&]() -> jlong {
        auto djl = static_cast<jclass>(env->NewLocalRef(djl_class));
        join_copies(env, djl, reinterpret_cast<Copies*>(shared));
        return reinterpret_cast<jlong>(copies);
    });
}

// The library goes with the class loader of its Java side, once nothing that it made is alive.
extern "C" JNIEXPORT void JNICALL JNI_OnUnload(JavaVM*, void*) {
    JNIEnv* env = attached_env();
    if (env == nullptr || djl_class == nullptr) return;
    auto djl = static_cast<jclass>(env->NewLocalRef(djl_class));
    if (djl != nullptr) leave_copies(env, djl);
    env->DeleteWeakGlobalRef(djl_class);
    env->DeleteWeakGlobalRef(pass_class);
    env->DeleteWeakGlobalRef(hooks_class);
}

// Puts a node into the graph, whose outputs depend on those inputs that need a gradient. These come first among the
// handles, then the other inputs, then the outputs.
NATIVE(void, link)
(JNIEnv* env, jclass, jobject java, jlongArray handles, jint needed, jint input_count) {
    guarded(env, [&] {
        Variables inputs;
        Vector<Tensor*> outputs;
        for (jlong handle : elements(env, handles)) {
            if (inputs.size() < static_cast<size_t>(input_count)) {
                inputs.push(tensor(handle));
            } else {
                outputs.push(&tensor(handle));
            }
        }
        link(env, java, inputs, static_cast<size_t>(needed), outputs);
    });
}

// The hooks of a tensor, or null if it has none yet: on its gradient or, on a leaf, on what is stored of it.
NATIVE(jobject, hooksOf)(JNIEnv* env, jclass, jlong handle, jboolean accumulated) {
    return guarded(env, [&]() -> jobject {
        const Place place(tensor(handle));
        Locked locked;
        for (HookRecord* record = hook_records; record != nullptr; record = record->next) {
            if (record->place.owner == place.owner && record->place.output == place.output &&
                record->accumulated == (accumulated == JNI_TRUE)) {
                return env->NewLocalRef(record->java);
            }
        }
        return nullptr;
    });
}

// Calls java with each gradient of a tensor, or with the leaf whenever a gradient has been stored on it. Returns what
// setHooksActive takes until onRelease is called.
NATIVE(jlong, hook)(JNIEnv* env, jclass, jobject java, jlong handle, jboolean accumulated) {
    return guarded(env, [&]() -> jlong {
        const Tensor& source = tensor(handle);
        auto* record = new HookRecord{env->NewGlobalRef(java), Place(source), accumulated == JNI_TRUE};
        alive_in_graph.add(1);
        count(env, 1);
        {
            Locked locked;
            record->next = hook_records;
            hook_records = record;
        }
        if (accumulated == JNI_TRUE) {
            torch.set_accumulation_hook(source, AccumulationHookPointer(new AccumulationHook(record)));
        } else {
            torch.register_hook(&source, Hook(GradientHook(record)));
        }
        return reinterpret_cast<jlong>(record);
    });
}

NATIVE(void, setHooksActive)(JNIEnv*, jclass, jlong record, jboolean active) {
    reinterpret_cast<HookRecord*>(record)->active.set(active == JNI_TRUE);
}

// Calls java when the backward pass that is running on this thread is complete, and releases it when the pass is over.
NATIVE(void, atEndOfPass)(JNIEnv* env, jclass, jobject java) {
    guarded(env, [&] {
        alive_in_graph.add(1);
        count(env, 1);
        torch.queue_callback(torch.default_engine(), Callback(PassEnd(env->NewGlobalRef(java))));
    });
}

// torch.autograd.grad: handles of the gradients, 0 for an input that the outputs do not depend on.
NATIVE(jlongArray, grad)
(JNIEnv* env, jclass, jlongArray outputs, jlongArray inputs, jlongArray grad_outputs, jboolean retain_graph,
 jboolean create_graph, jboolean allow_unused) {
    return guarded(env, [&]() -> jlongArray {
        Vector<Owned> copies;
        OwnedVariables gradients(torch.grad(borrowed(env, outputs), borrowed(env, inputs),
                                            upstream(env, grad_outputs, copies), Flag(retain_graph == JNI_TRUE),
                                            create_graph == JNI_TRUE, allow_unused == JNI_TRUE));
        Vector<jlong> handles;
        for (jsize i = 0; i < env->GetArrayLength(inputs); i++) handles.push(gradients.handle(static_cast<size_t>(i)));
        return array_of(env, handles);
    });
}

// torch.autograd.backward: gradients stored on leaves, on all of them if inputs is null.
NATIVE(void, backward)
(JNIEnv* env, jclass, jlongArray roots, jlongArray grad_roots, jboolean retain_graph, jboolean create_graph,
 jlongArray inputs) {
    guarded(env, [&] {
        Vector<Owned> copies;
        torch.backward(borrowed(env, roots), upstream(env, grad_roots, copies), Flag(retain_graph == JNI_TRUE),
                       create_graph == JNI_TRUE, inputs == nullptr ? Variables() : borrowed(env, inputs));
    });
}

NATIVE(void, clearGradient)(JNIEnv* env, jclass, jlong handle) {
    guarded(env, [&] { drop(exchange(torch.stored_gradient(tensor(handle).impl).impl, torch.undefined)); });
}

// A tensor over the same storage, outside the graph.
NATIVE(jlong, detached)(JNIEnv* env, jclass, jlong handle) {
    return guarded(env, [&] { return detached(tensor(handle)).handle(); });
}

// The very tensor, for as long as it has to be kept, unless it is part of a graph or its memory is another's.
NATIVE(jlong, kept)(JNIEnv* env, jclass, jlong handle) {
    return guarded(env, [&]() -> jlong {
        const Tensor& source = tensor(handle);
        const bool itself = !is_borrowed(source) && !torch.requires_grad(source.impl);
        return itself ? handle_of(retained(source.impl)) : detached(source).handle();
    });
}

// Puts a tensor where the source is now in the graph, whatever is done to that later.
NATIVE(void, connectTo)(JNIEnv* env, jclass, jlong handle, jlong source) {
    guarded(env, [&] { torch.set_gradient_edge(tensor(handle), torch.gradient_edge(tensor(source))); });
}

// A tensor over the same storage, put where the source is.
NATIVE(jlong, connected)(JNIEnv* env, jclass, jlong handle, jlong source) {
    return guarded(env, [&] {
        Owned result = detached(tensor(handle));
        torch.set_gradient_edge(*result, torch.gradient_edge(tensor(source)));
        return result.handle();
    });
}

// A tensor over the same storage that is output k of the node whose backward is running; 0 if none is.
NATIVE(jlong, asOutput)(JNIEnv* env, jclass, jlong handle, jint k) {
    return guarded(env, [&]() -> jlong {
        NodePointer node = torch.current_node();
        if (node.node == nullptr) return 0;
        Owned result = detached(tensor(handle));
        torch.set_gradient_edge(*result, Edge(moved(node), static_cast<uint32_t>(k)));
        return result.handle();
    });
}

NATIVE(jlong, copy)(JNIEnv* env, jclass, jlong handle) {
    return guarded(env, [&] { return clone(tensor(handle)).handle(); });
}

NATIVE(jlong, cast)(JNIEnv* env, jclass, jlong handle, jint type) {
    return guarded(env, [&] {
        return Owned(torch.to_type(tensor(handle), static_cast<ScalarType>(type), false, true, MemoryFormat())).handle();
    });
}

// Zeros of what describe has said of a tensor.
NATIVE(jlong, zeros)(JNIEnv* env, jclass, jlong like, jlongArray description) {
    return guarded(env, [&] {
        Vector<jlong> facts = elements(env, description);
        static_assert(sizeof(SymInt) == sizeof(jlong), "a SymInt is a plain size");
        const Device device{static_cast<int8_t>(facts[0] >> 16), static_cast<int8_t>(facts[0] >> 24)};
        return Owned(torch.new_zeros(tensor(like), {reinterpret_cast<const SymInt*>(facts.data()) + 1, facts.size() - 1},
                                     static_cast<ScalarType>(facts[0]), {}, device, {}))
            .handle();
    });
}

// The type in the lowest 16 bits, the type and the number of the device in 8 each, and the layout; then the sizes.
NATIVE(jlongArray, describe)(JNIEnv* env, jclass type, jlong handle) {
    return guarded(env, [&]() -> jlongArray {
        ArrayRef<int64_t> shape = sizes(tensor(handle));
        Vector<jlong> facts(1 + shape.size);
        facts[0] = kind(tensor(handle)) | static_cast<jlong>(torch.layout(env, type, handle)) << 32;
        for (size_t d = 0; d < shape.size; d++) facts[1 + d] = shape.data[d];
        return array_of(env, facts);
    });
}

// The type and the number of the device, as above but in the lowest 16 bits.
NATIVE(jint, deviceOf)(JNIEnv*, jclass, jlong handle) { return static_cast<jint>(kind(tensor(handle)) >> 16); }

NATIVE(jboolean, requiresGrad)(JNIEnv*, jclass, jlong handle) { return torch.requires_grad(tensor(handle).impl); }

// The number of the backward pass that is running on this thread; no two are the same.
NATIVE(jint, currentPass)(JNIEnv*, jclass) { return torch.graph_task(); }

NATIVE(jlong, writes)(JNIEnv*, jclass, jlong handle) { return writes(tensor(handle)); }

NATIVE(jlong, randomState)(JNIEnv* env, jclass, jint device) {
    return guarded(env, [&] { return Owned(torch.get_state(&generator(device))).handle(); });
}

NATIVE(void, setRandomState)(JNIEnv* env, jclass, jint device, jlong state) {
    guarded(env, [&] { torch.set_state(&generator(device), tensor(state)); });
}

NATIVE(jboolean, setAnomalyMode)(JNIEnv*, jclass, jboolean enabled) {
    const bool before = *torch.anomaly_enabled;
    *torch.anomaly_enabled = enabled == JNI_TRUE;
    *torch.anomaly_check_nan = true;
    return before;
}

// How many nodes and hooks are alive.
NATIVE(jint, alive)(JNIEnv*, jclass) { return alive_in_graph; }

// The sha256 of the sources when the library was built; a test holds it against the sources.
NATIVE(jstring, sourceSha256)(JNIEnv* env, jclass) { return env->NewStringUTF(SOURCE_SHA256); }
