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
        jclass node = env->FindClass("org/djlext/torch/BackwardNode");
        jclass djl = env->FindClass("ai/djl/pytorch/jni/PyTorchLibrary");
        if (node == nullptr || djl == nullptr) return;
        get_message = env->GetMethodID(throwable, "getMessage", "()Ljava/lang/String;");
        get_cause = env->GetMethodID(throwable, "getCause", "()Ljava/lang/Throwable;");
        on_backward = env->GetMethodID(node, "backward", "([JJZ)V");
        on_release = env->GetMethodID(node, "onRelease", "()V");
        if (on_backward == nullptr || on_release == nullptr) return;
        hooks_class = env->NewWeakGlobalRef(type);
        djl_class = env->NewWeakGlobalRef(djl);
        find_functions();
        Owned plain = probe_tensor(env);
        probe_storage(*plain);
        barrier = new Owned(clone(*Owned(torch.sum(*plain, {}))));
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
    delete barrier;
    JNIEnv* env = attached_env();
    if (env == nullptr || djl_class == nullptr) return;
    auto djl = static_cast<jclass>(env->NewLocalRef(djl_class));
    if (djl != nullptr) leave_copies(env, djl);
    env->DeleteWeakGlobalRef(djl_class);
    env->DeleteWeakGlobalRef(hooks_class);
}

// Puts a node into the graph: returns handles of new tensors with the values of the outputs, which depend on those
// inputs that need a gradient.
NATIVE(jlongArray, link)
(JNIEnv* env, jclass, jobject java, jstring name, jlongArray input_handles, jbooleanArray needs_gradient,
 jlongArray output_handles) {
    return guarded(env, [&]() -> jlongArray {
        Variables all = borrowed(env, input_handles);
        Variables outputs = borrowed(env, output_handles);
        auto needs = elements<jboolean>(env, needs_gradient, &JNIEnv::GetBooleanArrayRegion);
        Variables inputs;
        for (size_t i = 0; i < all.size(); i++) {
            if (needs[i] == JNI_TRUE) inputs.push(all[i]);
        }
        Vector<jboolean> shared;
        for (size_t k = 0; k < outputs.size(); k++) {
            void** s = storage(outputs[k]);
            bool found = false;
            for (const Tensor& input : all) found |= s != nullptr && storage(input) == s;
            for (size_t j = 0; j < outputs.size(); j++) found |= s != nullptr && j != k && storage(outputs[j]) == s;
            shared.push(found ? JNI_TRUE : JNI_FALSE);
        }
        OwnedVariables results = link(env, java, text_of(env, name).c_str(), inputs, outputs, shared);
        Vector<jlong> handles;
        for (size_t k = 0; k < outputs.size(); k++) handles.push(results.handle(k));
        return array_of(env, handles);
    });
}

// From inside BackwardNode.backward: gives the engine result i.
NATIVE(void, answer)(JNIEnv* env, jclass, jlong pass_address, jint i, jlong handle) {
    guarded(env, [&] {
        auto& pass = *reinterpret_cast<Pass*>(pass_address);
        drop(exchange(pass.results[i].impl, handed_over(pass, tensor(handle))));
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

// A tensor over the same storage, in the graph where the source is now, whatever is done to it later.
NATIVE(jlong, connected)(JNIEnv* env, jclass, jlong handle, jlong source) {
    return guarded(env, [&] {
        Owned result = detached(tensor(handle));
        torch.set_gradient_edge(*result, torch.gradient_edge(tensor(source)));
        return result.handle();
    });
}

// A tensor over the same storage that is output k of the node whose backward is running; 0 if none is. The number
// after that of the last output is the barrier's.
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

// Zeros of a shape and type, on the device of like.
NATIVE(jlong, zeros)(JNIEnv* env, jclass, jlong like, jlongArray sizes, jint type) {
    return guarded(env, [&] {
        Vector<jlong> shape = elements(env, sizes);
        static_assert(sizeof(SymInt) == sizeof(jlong), "a SymInt is a plain size");
        return Owned(torch.new_zeros(tensor(like), {reinterpret_cast<const SymInt*>(shape.data()), shape.size()},
                                     static_cast<ScalarType>(type), {}, {}, {}))
            .handle();
    });
}

// The type in the lowest eight bits, the layout in the next, then whether it requires a gradient.
NATIVE(jint, describe)(JNIEnv* env, jclass type, jlong handle) {
    return guarded(env, [&]() -> jint {
        return static_cast<uint8_t>(type_of(tensor(handle))) | torch.layout(env, type, handle) << 8 |
               (torch.requires_grad(tensor(handle).impl) ? 1 << 16 : 0);
    });
}

NATIVE(jboolean, requiresGrad)(JNIEnv*, jclass, jlong handle) { return torch.requires_grad(tensor(handle).impl); }

// The number of the backward pass that is running on this thread; no two are the same.
NATIVE(jint, currentPass)(JNIEnv*, jclass) { return torch.graph_task(); }

NATIVE(jlong, version)(JNIEnv* env, jclass, jlong handle) {
    return guarded(env, [&] { return static_cast<jlong>(torch.version(&tensor(handle))); });
}

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
