/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */

// Nodes of the engine's graph whose backward is Java's.

#ifndef DJLEXT_NODES_H
#define DJLEXT_NODES_H

#include "calls.h"

namespace {

// A node of the engine's graph whose backward is Java's. The engine makes it: DelayedError::apply ties its
// outputs to its inputs by one node of the class Error. Such a node gets a table of virtual functions of its
// own, a copy in which three are replaced, and what belongs to it stands behind the table.
#if defined(_WIN32)
constexpr size_t kBefore = 1;  // what stands before the functions: the type
#else
constexpr size_t kBefore = 2;  // the offset to the top, and the type
#endif
constexpr size_t kSlots = 40;  // more than there are

// In the place of a DelayedError, whose message is all that is read of it: an empty one, as a string of zeros is. It
// takes 552 bytes with Visual C++, less with the others.
alignas(16) const char zeros[1024] = {};

struct JavaNode {
    void* table[kBefore + kSlots];  // first, because the node points here
    void** original;
    jobject java;       // a BackwardNode; null while probing
    size_t outputs;     // the gradients that come in
    size_t edges;       // the gradients that go out, more than there are inputs if there are more outputs
    Atomic<bool> is_done{false};  // a pass was here that does not keep the graph: Java has released what it had
};

int apply_slot;
int name_slot;
int probe_releases;

JavaNode& java_node(const void* node) {
    return *reinterpret_cast<JavaNode*>(*static_cast<void** const*>(node) - kBefore);
}

// For messages and pictures of graphs, whatever state the thread is in.
String name_of(const JavaNode& node) {
    Visit visit;
    if (visit.env == nullptr || node.java == nullptr) return "a Java function";
    auto name = static_cast<jstring>(visit.env->CallObjectMethod(node.java, get_name));
    if (visit.env->ExceptionCheck()) return "a Java function";
    String text = text_of(visit.env, name);
    visit.env->DeleteLocalRef(name);
    return text;
}

// The functions of Node that are replaced, as members, because of what Windows does where one returns an object.
struct NodeMembers {
    Variables apply(Variables&& gradients) {
        JavaNode& node = java_node(this);
        OwnedVariables results(Variables(node.edges, Tensor(torch.undefined)));
        bool any = false;
        for (size_t k = 0; k < node.outputs; k++) any |= gradients[k].impl != torch.undefined;
        if (any && node.java == nullptr) {
            results[0].impl = retained(gradients[0].impl);
        } else if (any) {
            const bool keep_graph = torch.keep_graph();
            if (call_java(calling_env(), node.java, gradients, node.outputs, &results[0], keep_graph)) {
                throw changed_in_place(String(name_of(node).c_str(), ".backward").c_str());
            }
            if (!keep_graph) node.is_done.set(true);
        }
        return results.take();
    }

    String name() const { return name_of(java_node(this)); }
};

// A destructor. Visual C++ passes flags, 1 where the memory is to be freed too; the others pass nothing. Two of the
// three return the object.
using Destructor = void* (*)(void* self, unsigned flags);

void release_node(void* self, unsigned flags) {
    JavaNode* node = &java_node(self);
    {
        Visit visit;
        if (visit.env != nullptr && node->java != nullptr) {
            if (!node->is_done) visit.env->CallVoidMethod(node->java, on_release);
            if (visit.env->ExceptionCheck()) visit.env->ExceptionClear();
            visit.env->DeleteGlobalRef(node->java);
            alive_in_graph.add(-1);
            count(visit.env, -1);
        }
    }
    if (node->java == nullptr) probe_releases++;
    *static_cast<void***>(self) = node->original;
    auto destructor = reinterpret_cast<Destructor>(node->original[0]);
    delete node;
    destructor(self, flags);
}

// A thread that is destroying nodes.
struct Destroying {
    uintptr_t thread;
    Vector<void*> due;
    Destroying* next;
};

Destroying* destroying;

// Stands in for the destructor. To destroy a node is to destroy what only it refers to, and so on; a queue keeps
// the stack flat, however long the chain is. A node may wait in it after its last owner has gone: its memory
// stays until the destructor runs, because the node refers to itself (it is a std::enable_shared_from_this).
void* destroy_node(void* self, unsigned flags) {
    Destroying mine{current_thread(), {}, nullptr};
    Destroying* running;
    {
        Locked locked;
        running = destroying;
        while (running != nullptr && running->thread != mine.thread) running = running->next;
        if (running == nullptr) {
            mine.next = destroying;
            destroying = &mine;
        }
    }
    if (running != nullptr) {
        running->due.push(self);
        return self;
    }
    release_node(self, flags);
    while (mine.due.size() > 0) release_node(mine.due.pop(), flags);
    Locked locked;
    Destroying** link = &destroying;
    while (*link != &mine) link = &(*link)->next;
    *link = mine.next;
    return self;
}

void** functions_of(const void* node) { return *static_cast<void** const*>(node); }

// Makes a node of the engine's with an edge to where each variable is in the graph, and as many outputs. Returns
// tensors with their values that are its outputs.
OwnedVariables engine_node(Variables&& variables) {
    GradMode on(true);
    return OwnedVariables(torch.delayed_error(zeros, moved(variables)));
}

// Gives a node that the engine has just made to Java.
void take_over(JNIEnv* env, jobject java, void* engine_node, size_t outputs, size_t edges) {
    jobject reference = java == nullptr ? nullptr : env->NewGlobalRef(java);
    if (reference == nullptr && java != nullptr) throw Failure("the JVM has no memory for a reference");
    void** functions = functions_of(engine_node);
    auto* node = new JavaNode{{}, functions, reference, outputs, edges};
    for (size_t i = 0; i < kBefore + kSlots; i++) node->table[i] = *(functions - kBefore + i);
    node->table[kBefore] = reinterpret_cast<void*>(&destroy_node);
    node->table[kBefore + apply_slot] = address_of(&NodeMembers::apply);
    node->table[kBefore + name_slot] = address_of(&NodeMembers::name);
    *static_cast<void***>(engine_node) = node->table + kBefore;
    if (reference == nullptr) return;
    alive_in_graph.add(1);
    count(env, 1);
}

// Whether an output can itself be part of the graph, because nobody else has the tensor.
bool is_own(const Tensor& output) {
    return references(output.impl) == 1 && !torch.requires_grad(output.impl) && !torch.is_view(&output) &&
           !is_borrowed(output);
}

// Whether the storage of an output is that of an input too, or of another output.
bool is_shared(const Variables& inputs, const Vector<Tensor*>& outputs, size_t k) {
    void** s = storage(*outputs[k]);
    bool shared = false;
    for (const Tensor& input : inputs) shared |= storage(input) == s;
    for (size_t j = 0; j < outputs.size(); j++) shared |= j != k && storage(*outputs[j]) == s;
    return shared && s != nullptr && !is_borrowed(*outputs[k]);
}

// Puts a node into the graph, which makes outputs depend on the first of the inputs, as many as are needed. What is
// behind an output may become another tensor.
void link(JNIEnv* env, jobject java, const Variables& inputs, size_t needed, const Vector<Tensor*>& outputs) {
    Vector<bool> shared;
    for (size_t k = 0; k < outputs.size(); k++) shared.push(is_shared(inputs, outputs, k));
    // Each output goes to where one of the inputs is in the graph, and so leads the node there.
    Variables variables;
    Vector<Owned> own;
    for (size_t i = 0; i < needed || i < outputs.size(); i++) {
        if (i >= outputs.size()) {
            variables.push(inputs[i]);
            continue;
        }
        const Tensor& output = *outputs[i];
        own.push(is_own(output) ? Owned(Tensor(retained(output.impl))) : detached(output));
        if (i < needed) torch.set_gradient_edge(*own.back(), torch.gradient_edge(inputs[i]));
        variables.push(*own.back());
    }
    const size_t edges = variables.size();
    OwnedVariables ends = engine_node(moved(variables));
    take_over(env, java, torch.grad_fn(&ends[0]).node, outputs.size(), edges);

    for (size_t k = 0; k < outputs.size(); k++) {
        torch.set_gradient_edge(*own[k], torch.gradient_edge(ends[k]));
        if (shared[k]) {
            // A change in place would change an input, or another output, behind the graph's back. The engine
            // refuses one to a view that was made without recording.
            GradMode off(false);
            Owned view(torch.alias(*own[k]));
            torch.set_gradient_edge(*view, torch.gradient_edge(ends[k]));
            own[k] = moved(view);
        }
        drop(exchange(outputs[k]->impl, own[k].take()));
    }
}

}  // namespace

#endif
