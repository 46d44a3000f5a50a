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

// In the place of a DelayedError, whose message is all that is read of it: an empty one, as a string of zeros is.
struct alignas(16) Zeros {
    char bytes[1024] = {};  // it takes 552 with Visual C++, less with the others
};

struct JavaNode {
    void* table[kBefore + kSlots];  // first, because the node points here
    void** original;
    jobject java;  // a BackwardNode; null while probing
    String name;
    size_t outputs;  // the gradients that come in: of the outputs, and of the barrier
    size_t edges;    // the gradients that go out: of those, which lead nowhere, then of the inputs
};

// One more output of every node, a single number that nobody sees. What cannot be differentiated through is
// connected to it: a gradient that arrives here is one that there is no rule for.
Owned* barrier;

int apply_slot;
int name_slot;
int probe_releases;

JavaNode& java_node(const void* node) {
    return *reinterpret_cast<JavaNode*>(*static_cast<void** const*>(node) - kBefore);
}

// The functions of Node that are replaced, as members, because of what Windows does where one returns an object.
struct NodeMembers {
    Variables apply(Variables&& gradients) {
        JavaNode& node = java_node(this);
        OwnedVariables results(Variables(node.edges, Tensor(torch.undefined)));
        bool any = false;
        for (size_t k = 0; k < node.outputs; k++) any |= gradients[k].impl != torch.undefined;
        if (any && node.java == nullptr) {
            results[node.outputs].impl = retained(gradients[0].impl);
        } else if (any) {
            JNIEnv* env = attached_env();
            if (env == nullptr) throw Failure("the engine's thread cannot be attached to the JVM");
            String who(node.name.c_str(), ".backward");
            call_java(env, node.java, who.c_str(), gradients, node.outputs, &results[node.outputs]);
        }
        return results.take();
    }

    // For the engine's messages and pictures of graphs.
    String name() const { return String(java_node(this).name.c_str()); }
};

// A destructor. Visual C++ passes flags, 1 where the memory is to be freed too; the others pass nothing. Two of the
// three return the object.
using Destructor = void* (*)(void* self, unsigned flags);

void release_node(void* self, unsigned flags) {
    JavaNode* node = &java_node(self);
    {
        Visit visit;
        if (visit.env != nullptr && node->java != nullptr) {
            visit.env->CallVoidMethod(node->java, on_release);
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

// Puts a node into the graph, which needs grad mode. Returns tensors with the values of the outputs that depend on
// the inputs; shared says which of them share their storage with others.
OwnedVariables link(JNIEnv* env, jobject java, const char* name, const Variables& inputs, const Variables& outputs,
                    const Vector<jboolean>& shared) {
    Vector<Owned> plain;
    Variables variables;
    for (const Tensor& output : outputs) {
        plain.push(detached(output));
        variables.push(*plain.back());
    }
    variables.push(**barrier);
    for (const Tensor& input : inputs) variables.push(input);
    // An edge to each input, and a result for each output and for each input. Those for inputs are not needed.
    OwnedVariables results(torch.delayed_error(Zeros().bytes, moved(variables)));
    void* engine_node = torch.grad_fn(&results[0]).node;
    if (engine_node == nullptr) throw Failure("no gradients are recorded");

    void** functions = functions_of(engine_node);
    auto* node = new JavaNode{{}, functions, nullptr, name, outputs.size() + 1, outputs.size() + 1 + inputs.size()};
    for (size_t i = 0; i < kBefore + kSlots; i++) node->table[i] = *(functions - kBefore + i);
    node->table[kBefore] = reinterpret_cast<void*>(&destroy_node);
    node->table[kBefore + apply_slot] = address_of(&NodeMembers::apply);
    node->table[kBefore + name_slot] = address_of(&NodeMembers::name);
    if (java != nullptr) {
        node->java = env->NewGlobalRef(java);
        if (node->java == nullptr) {
            delete node;
            throw Failure("the JVM has no memory for a reference");
        }
        alive_in_graph.add(1);
        count(env, 1);
    }
    *static_cast<void***>(engine_node) = node->table + kBefore;

    for (size_t k = 0; k < outputs.size(); k++) {
        // A later change in place is one of everything that shares the storage.
        torch.set_version_counter(results[k], torch.version_counter(*plain[k]));
        if (!shared[k]) continue;
        // A change in place would change an input, or another output, behind the graph's back. The engine
        // refuses one to a view that was made without recording.
        GradMode off(false);
        Owned view(torch.alias(results[k]));
        torch.set_gradient_edge(*view, torch.gradient_edge(results[k]));
        drop(exchange(results[k].impl, view.take()));
    }
    return results;
}

}  // namespace

#endif
