/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// The engine's graph, node by node. A node is known to Java by its address, which holds as long as a tensor of Java's
// has the node behind it, near or far.

#ifndef DJLEXT_GRAPH_H
#define DJLEXT_GRAPH_H

#include "nodes.h"

namespace {

// torch::autograd::Edge, as it lies in a node.
struct EdgeOfNode {
    const void* node;
    const void* control;
    uint32_t input_nr;
};

// Where in a node its edges are, a std::vector, and where in the node of a leaf the leaf is, in words.
size_t edges_at;
size_t leaf_at;
void** leaf_functions;  // the table of all nodes of leaves

// The node that a gradient of the tensor goes to; null if none does. That of a leaf may live no longer than a graph has it.
const void* node_behind(const Tensor& source) {
    const void* node = torch.grad_fn(&source).node;
    if (node != nullptr || !torch.requires_grad(source.impl)) return node;
    Owned other = detached(source);
    torch.set_gradient_edge(*other, torch.gradient_edge(source));
    return torch.grad_fn(&*other).node;
}

const Vector<EdgeOfNode>& edges_of(const void* node) {
    return *reinterpret_cast<const Vector<EdgeOfNode>*>(static_cast<void* const*>(node) + edges_at);
}

// Finds the edges in a node that leads to that of a leaf alone, and the leaf in its node.
bool find_edges(const void* node, const Tensor& leaf) {
    constexpr size_t kMost = 24;  // words, fewer than any node has
    const void* leaf_node = node_behind(leaf);
    auto words = static_cast<void* const*>(node);
    for (size_t i = 1; i + 2 < kMost; i++) {
        auto begin = reinterpret_cast<uintptr_t>(words[i]);
        auto end = reinterpret_cast<uintptr_t>(words[i + 1]);
        auto limit = reinterpret_cast<uintptr_t>(words[i + 2]);
        if (begin == 0 || begin % sizeof(void*) != 0 || end - begin != sizeof(EdgeOfNode) || limit < end) continue;
        if (*reinterpret_cast<const void**>(begin) != leaf_node) continue;
        edges_at = i;
        break;
    }
    leaf_functions = functions_of(leaf_node);
    for (leaf_at = edges_at + 3; leaf_at < 96; leaf_at++) {
        if (static_cast<void* const*>(leaf_node)[leaf_at] == leaf.impl) return edges_at != 0;
    }
    return false;
}

}  // namespace

// The node of a tensor, 0 if it has none.
NATIVE_OF(EngineGraph, jlong, nodeOf)(JNIEnv* env, jclass, jlong handle) {
    return guarded(env, [&] { return reinterpret_cast<jlong>(node_behind(tensor(handle))); });
}

// The nodes that a node passes gradients to, 0 for an edge that leads nowhere.
NATIVE_OF(EngineGraph, jlongArray, nextOf)(JNIEnv* env, jclass, jlong node) {
    Vector<jlong> next;
    for (const EdgeOfNode& edge : edges_of(reinterpret_cast<const void*>(node))) {
        next.push(reinterpret_cast<jlong>(edge.node));
    }
    return array_of(env, next);
}

// What the engine calls a node.
NATIVE_OF(EngineGraph, jstring, nameOf)(JNIEnv* env, jclass, jlong address) {
    return guarded(env, [&] {
        auto node = reinterpret_cast<const void*>(address);
        Method<ReturnedString> name;
        name.address[0] = functions_of(node)[name_slot];
        name.address[1] = nullptr;
        return env->NewStringUTF(name(node).c_str());
    });
}

// A handle of the leaf that a node stores gradients on; 0 if it is another node.
NATIVE_OF(EngineGraph, jlong, leafOf)(JNIEnv*, jclass, jlong address) {
    auto node = reinterpret_cast<void* const*>(address);
    return functions_of(node) == leaf_functions ? handle_of(retained(node[leaf_at])) : 0;
}

// The BackwardNode of a node that was made here, null if it is another's.
NATIVE_OF(EngineGraph, jobject, javaOf)(JNIEnv* env, jclass, jlong address) {
    auto node = reinterpret_cast<const void*>(address);
    if (functions_of(node)[0] != reinterpret_cast<void*>(&destroy_node)) return nullptr;
    return env->NewLocalRef(java_node(node).java);
}

#endif
