/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.Objects;
import java.util.function.Function;
import org.djlext.internal.EngineArrays;
import org.djlext.internal.ForwardLevel;
import org.djlext.internal.NativeHooks;
import org.jspecify.annotations.Nullable;

/** The engine's forward mode, with the rules of {@link AutogradFunction}s in it. */
final class ForwardMode {

    /** There is something on the way that has no forward rule; another way must be taken. */
    private static final class NoRule extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoRule(String what) {
            super(what + " has no forward rule that can be used here");
        }
    }

    private ForwardMode() {}

    /**
     * Computes the derivative of a function in a direction, in one pass.
     *
     * @return the outputs and their derivatives; null if there is no rule for something in it, or
     *     the forward mode is taken
     */
    static Functional.@Nullable Product jvp(
            Function<NDList, NDList> f, Evaluation e, NDList direction) {
        boolean isRecorded = Recorder.of(e.inputs()) != null;
        ForwardLevel level = isRecorded ? null : ForwardLevel.tryEnter();
        if (level == null) {
            return null;
        }
        NDList values = new NDList();
        NDList product = new NDList();
        try (level;
                Autograd.Scope scope = Autograd.noGrad()) {
            NDList duals = new NDList();
            for (int i = 0; i < direction.size(); i++) {
                PtNDArray plain = plain((PtNDArray) e.inputs().get(i));
                duals.add(ForwardLevel.dual(plain, (PtNDArray) direction.get(i)));
            }
            NDList outputs = e.run(f, duals);
            for (int k = 0; k < outputs.size(); k++) {
                PtNDArray output = (PtNDArray) outputs.get(k);
                PtNDArray tangent = ForwardLevel.tangent(output);
                if (tangent == null && e.isStrict()) {
                    throw e.independent("output " + k, "any input");
                }
                // A copy: the engine's may be a view, or zeros that are not there.
                product.add(
                        tangent == null
                                ? Evaluation.zerosLike(output)
                                : EngineArrays.copy(tangent));
                if (tangent != null) {
                    tangent.close();
                }
                values.add(plain(output));
            }
        } catch (RuntimeException failure) {
            if (isNoRule(failure)) {
                return null;
            }
            throw failure;
        }
        return new Functional.Product(e.released(values), e.released(product));
    }

    /** Ends an attempt at the forward mode, if this is one, because of a method for backward. */
    static void endBy(String method) {
        if (ForwardLevel.isOn()) {
            throw new NoRule(method);
        }
    }

    private static boolean isNoRule(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof NoRule || String.valueOf(t.getMessage()).contains("forward AD")) {
                return true;
            }
        }
        return false;
    }

    // Without graph and tangent, which a detached array of the engine's keeps.
    private static PtNDArray plain(PtNDArray array) {
        return new PtNDArray(array.getManager(), NativeHooks.detached(array.getHandle()));
    }

    /**
     * Runs a function whose inputs may carry tangents.
     *
     * @return the outputs, with tangents; null if no input carries one
     */
    static @Nullable NDList apply(AutogradFunction function, NDList inputs) {
        NDList tangents = new NDList();
        boolean[] given = new boolean[inputs.size()];
        boolean recorded = false;
        for (int i = 0; i < given.length; i++) {
            PtNDArray input = (PtNDArray) inputs.get(i);
            PtNDArray tangent = input == null ? null : ForwardLevel.tangent(input);
            given[i] = tangent != null;
            recorded |= input != null && NativeHooks.requiresGrad(input);
            tangents.add(tangent);
        }
        if (tangents.stream().allMatch(Objects::isNull)) {
            return null;
        }
        if (recorded && Autograd.isRecording()) {
            throw new NoRule(function.name());
        }
        NDList primals = new NDList();
        inputs.forEach(input -> primals.add(input == null ? null : plain((PtNDArray) input)));
        try (ForwardScope scope = new ForwardScope(primals, Autograd.isRecording())) {
            for (int i = 0; i < given.length; i++) {
                if (given[i]) {
                    tangents.get(i).attach(scope.inputs().get(i).getManager());
                }
            }
            FunctionContext ctx = FunctionContext.recorded(function.name(), given);
            NDList outputs;
            NDList derivatives;
            try {
                outputs = FunctionCall.forward(function, ctx, scope.inputs());
                derivatives = function.jvp(ctx, tangents);
            } finally {
                scope.endForward();
            }
            if (derivatives == null) {
                throw new NoRule(function.name());
            }
            return scope.released(duals(function, outputs, derivatives));
        } finally {
            primals.forEach(
                    primal -> {
                        if (primal != null) {
                            primal.close();
                        }
                    });
        }
    }

    private static NDList duals(AutogradFunction function, NDList outputs, NDList derivatives) {
        if (derivatives.size() != outputs.size()) {
            throw new IllegalStateException(
                    "%s.jvp must return a derivative for each of %s outputs, but returned %s"
                            .formatted(function.name(), outputs.size(), derivatives.size()));
        }
        NDList duals = new NDList();
        for (int k = 0; k < outputs.size(); k++) {
            NDArray output = outputs.get(k);
            NDArray derivative = derivatives.get(k);
            if (derivative != null && !Arguments.isLike(derivative, output)) {
                throw new IllegalStateException(
                        "%s.jvp: the derivative of output %s must be %s, but is %s"
                                .formatted(
                                        function.name(),
                                        k,
                                        Arguments.shapeAndType(output),
                                        Arguments.shapeAndType(derivative)));
            }
            duals.add(
                    derivative == null
                            ? output
                            : ForwardLevel.dual((PtNDArray) output, (PtNDArray) derivative));
        }
        return duals;
    }
}
