/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// What is known of layouts is tried out here, when the library is loaded.

#ifndef DJLEXT_PROBE_H
#define DJLEXT_PROBE_H

#include "graph.h"

namespace {

int probe_frees;
void (*probe_deleter)(void*);

void require(bool holds, const char* what) {
    if (!holds) throw Failure(String("this version of libtorch has another layout of ", what));
}

// Four numbers in a buffer of Java's, as DJL makes it.
Owned probe_tensor(JNIEnv* env) {
    static float numbers[] = {1, 2, 3, 4};
    const jlong shape = 4;
    const jint cpu[] = {0, -1};
    jobject buffer = env->NewDirectByteBuffer(numbers, sizeof numbers);
    jlongArray shape_array = env->NewLongArray(1);
    jintArray device_array = env->NewIntArray(2);
    if (buffer == nullptr || device_array == nullptr) throw Failure("the JVM has no memory");
    env->SetLongArrayRegion(shape_array, 0, 1, &shape);
    env->SetIntArrayRegion(device_array, 0, 2, cpu);
    jlong handle = torch.from_blob(env, nullptr, buffer, shape_array, 0, 0, device_array, JNI_FALSE);
    require(handle != 0, "arrays in buffers");
    Owned result(Tensor(retained(tensor(handle).impl)));
    torch.delete_handle(env, nullptr, handle);
    return result;
}

void probe_storage(const Tensor& plain) {
    Owned single = clone(plain);
    void** s = storage(*single);
    require(s != nullptr && references(s) == 1 && references((*single).impl) == 1, "reference counts");
    Owned second = detached(*single);
    require(storage(*second) == s && references(s) == 2 && references((*second).impl) == 1, "tensors");
    retained((*second).impl);
    require(references((*second).impl) == 2, "reference counts");
    drop((*second).impl);
    require(references((*second).impl) == 1, "reference counts");
    const size_t first = kAddress + 1;
    storage_context = s[first] == s[kAddress] ? first : first + 1;
    storage_deleter = s[first] == s[kAddress] ? first + 1 : first;
    require(s[kAddress] != nullptr && s[storage_context] == s[kAddress] && s[storage_deleter] != nullptr &&
                !is_borrowed(*single) && is_borrowed(plain),
            "storage");
    probe_frees = 0;
    probe_deleter = reinterpret_cast<void (*)(void*)>(s[storage_deleter]);
    s[storage_deleter] = reinterpret_cast<void*>(+[](void* context) {
        probe_frees++;
        probe_deleter(context);
    });
    drop(second.take());
    require(probe_frees == 0, "storage");
    drop(single.take());
    require(probe_frees == 1, "storage");
}

Owned zeros_of(const Tensor& like, const int64_t* shape, size_t count, ScalarType type) {
    return Owned(torch.new_zeros(like, {reinterpret_cast<const SymInt*>(shape), count}, type, {}, {}, {}));
}

// Finds type, device and sizes in a TensorImpl, by two of different types and numbers of sizes.
void probe_kind_and_sizes(const Tensor& plain) {
    constexpr size_t kMost = 184;  // bytes, fewer than a TensorImpl has
    constexpr ScalarType kLong = 4, kFloat = 6;
    const int64_t few[] = {3, 5};
    const int64_t many[] = {1, 2, 1, 3, 1, 2};
    Owned first = zeros_of(plain, few, 2, kFloat);
    Owned second = zeros_of(plain, many, 6, kLong);
    auto bytes = static_cast<const int8_t*>((*first).impl);
    auto others = static_cast<const int8_t*>((*second).impl);
    int found = 0;
    for (size_t i = 8; i + 5 <= kMost; i += 2) {
        // The device is the CPU, of type 0, and is there.
        if (bytes[i] != kFloat || others[i] != kLong || bytes[i + 1] != 0 || bytes[i + 2] != 0 || bytes[i + 4] != 1) continue;
        kind_at = i;
        found++;
    }
    require(found == 1 && kind(*first) == (kind(*second) ^ kLong ^ kFloat), "types and devices");
    found = 0;
    for (size_t i = 1; 8 * (i + kSizesInPlace + 1) <= kMost; i++) {
        auto words = static_cast<const int64_t*>((*first).impl) + i;
        if (words[0] != 2 || words[1] != few[0] || words[2] != few[1]) continue;
        sizes_at = i;
        found++;
    }
    require(found == 1 && static_cast<const int64_t*>((*second).impl)[sizes_at] == 6, "sizes");
    ArrayRef<int64_t> shape = sizes(*second);
    for (size_t d = 0; d < shape.size; d++) require(shape.data[d] == many[d], "sizes");
}

// Finds a function in a table.
int slot_of(void* const* functions, void* function) {
    for (size_t i = 0; i < kSlots; i++) {
        if (functions[i] == function) return static_cast<int>(i);
    }
    return -1;
}

// Takes one node through forward and backward.
void probe_node(JNIEnv* env, const Tensor& plain) {
    GradMode on(true);
    Owned leaf = clone(plain);
    torch.set_requires_grad(const_cast<void*>((*leaf).impl), true);
    OwnedVariables tied = engine_node(Variables(1, *leaf));
    const void* node = torch.grad_fn(&tied[0]).node;
    require(node != nullptr, "graph nodes");
    apply_slot = slot_of(functions_of(node), torch.error_apply);
    name_slot = slot_of(functions_of(node), torch.node_name);
    require(apply_slot > 0 && name_slot > 0, "graph nodes");
    require(find_edges(node, *leaf), "edges of the graph");
    probe_releases = 0;
    {
        Owned value = clone(plain);
        jlong output = value.handle();
        Vector<Tensor*> outputs;
        outputs.push(&tensor(output));
        link(env, nullptr, Variables(1, *leaf), 1, outputs);
        Owned one(torch.ones_like(plain, {}, {}, {}, {}, {}));
        {
            OwnedVariables gradients(torch.grad(Variables(1, tensor(output)), Variables(1, *leaf), Variables(1, *one),
                                                Flag(), false, false));
            require(gradients[0].impl == (*one).impl && probe_releases == 0, "graph nodes");
        }
        torch.delete_handle(env, nullptr, output);
    }
    require(probe_releases == 1, "graph nodes");
}

}  // namespace

#endif
