/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.djlext.testing.LambdaFunction;
import org.junit.jupiter.api.function.Executable;

/** What users get wrong, and what they are told; all is done with one leaf of the values 3, 4. */
class Misuses {

    /** A forward of x, or a backward of y = x gamma. */
    interface Rule extends BiFunction<FunctionContext, NDArray, NDList> {}

    /**
     * A misuse.
     *
     * @param said what the message must hold
     * @param type the type of the exception
     * @param call does what is wrong
     */
    record Misuse(String said, Class<? extends Exception> type, Executable call) {

        /** Fails unless it is refused in these words, and all works as before. */
        void check(NDArray x) {
            String message = String.valueOf(assertThrows(type, call, said).getMessage());
            assertTrue(message.contains(said), () -> "\"" + said + "\" is not in: " + message);
            assertFalse(message.contains("frame #"), message);
            assertTrue(Autograd.isRecording(), "recording is off");
            NDArray y = TestFunctions.square().apply(x);
            GraphTestBase.assertValues(GraphTestBase.grad(y, x), 6, 8);
        }
    }

    private final List<Misuse> all = new ArrayList<>();
    final NDArray x;
    final NDManager manager;
    final NDArray y;
    final NDArray gamma;

    Misuses(NDArray x) {
        this.x = x;
        manager = x.getManager();
        y = TestFunctions.square().apply(x);
        gamma = manager.create(new double[] {5});
        gamma.setRequiresGradient(true);
    }

    /** Returns all of them. */
    static List<Misuse> all(NDArray leaf) {
        List<Misuse> all = new ArrayList<>();
        all.addAll(((Misuses) new CallMisuses(leaf)).all);
        all.addAll(((Misuses) new RuleMisuses(leaf)).all);
        return all;
    }

    final void refused(Class<? extends Exception> type, String said, Executable call) {
        all.add(new Misuse(said, type, call));
    }

    final void argument(String said, Executable call) {
        refused(IllegalArgumentException.class, said, call);
    }

    final void failure(String said, Executable call) {
        refused(EngineException.class, said, call);
    }

    /** y = x gamma, with a rule for both. */
    static AutogradFunction scale(Rule rule) {
        return new LambdaFunction(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0), in.get(1));
                    return new NDList(in.get(0).mul(in.get(1)));
                },
                (ctx, dy) -> rule.apply(ctx, dy.get(0)),
                "Scale",
                "x",
                "gamma");
    }

    static NDList correct(FunctionContext ctx, NDArray dy) {
        return new NDList(dy.mul(ctx.saved(1)), dy.mul(ctx.saved(0)).sum(new int[] {0}, true));
    }
}
