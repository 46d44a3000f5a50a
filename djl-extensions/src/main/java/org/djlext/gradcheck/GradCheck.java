/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.training.loss.Loss;
import java.util.List;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.djlext.autograd.AutogradFunction;
import org.jspecify.annotations.Nullable;

/**
 * Checks gradients against central differences, and a backward for everything else that an engine
 * takes for granted: what {@code torch.autograd.gradcheck} is to PyTorch, with its defaults.
 *
 * <pre>{@code
 * NDArray x = manager.randomNormal(0, 1, new Shape(3, 5), DataType.FLOAT64);
 * x.setRequiresGradient(true);
 * new GradCheck().check(new Square(), x).assertPassed();
 * }</pre>
 *
 * <p>What is checked, and in which order, is in {@link Check}. All inputs that require a gradient
 * are checked, and so are the parameters of a Block. The function always gets copies: the caller's
 * arrays, their stored gradients and a block's running statistics stay as they are. In a function
 * of your own, begin products with the argument, {@code x.mul(w)}, because a result goes to the
 * manager of its first operand.
 *
 * <p>A derivative that is wrong only where the function has a kink, such as relu at 0, is not the
 * function's mistake: keep the inputs away from kinks by more than eps.
 *
 * <p>An instance may be used any number of times.
 */
public final class GradCheck {

    private final GradCheckSettings wide;
    private final GradCheckSettings single;
    private final boolean float32;
    private final List<String> inputNames;

    /** Creates a check with the defaults: slow mode, float64, eps 1e-6, rtol 1e-3, atol 1e-5. */
    public GradCheck() {
        this(builder());
    }

    private GradCheck(Builder builder) {
        // Around the cube root of the type's precision, where rounding and curvature are in
        // balance.
        wide = builder.settings(DataType.FLOAT64, 1e-6, new Tolerance(1e-3, 1e-5));
        single = builder.settings(DataType.FLOAT32, 5e-3, new Tolerance(1e-2, 1e-3));
        float32 = builder.float32;
        inputNames = builder.inputNames;
    }

    /** {@return a builder with the defaults} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Checks a function with a hand-written backward.
     *
     * @param function the function
     * @param inputs where to check it
     * @return what was found
     */
    public GradCheckReport check(AutogradFunction function, NDArray... inputs) {
        return check(Subject.of(function, new NDList(inputs)));
    }

    /**
     * Checks any function.
     *
     * @param function a function from arrays to arrays
     * @param inputs where to check it
     * @return what was found
     */
    public GradCheckReport check(Function<NDList, NDList> function, NDList inputs) {
        return check(Subject.of(function, inputs));
    }

    /**
     * Checks a block in training mode, by its inputs and its parameters.
     *
     * @param block an initialized block; its parameters must be of type float64 too
     * @param inputs where to check it
     * @return what was found
     */
    public GradCheckReport check(Block block, NDList inputs) {
        return check(Subject.of(block, inputs));
    }

    /**
     * Checks a loss, by its predictions.
     *
     * @param loss the loss
     * @param labels the labels
     * @param predictions where to check it
     * @return what was found
     */
    public GradCheckReport check(Loss loss, NDList labels, NDList predictions) {
        return check(Subject.of(loss, labels, predictions));
    }

    /**
     * Checks second derivatives: that the function from inputs and upstream gradients to gradients,
     * which is what backward computes, has the right derivatives in turn.
     *
     * @param function a function whose backward is made of NDArray operations on saved inputs
     * @param inputs where to check it; the upstream gradients are random
     * @return what was found
     */
    public GradCheckReport gradGradCheck(AutogradFunction function, NDArray... inputs) {
        return gradGradCheck(Subject.of(function, new NDList(inputs)));
    }

    /**
     * Checks second derivatives of any function.
     *
     * @param function a function from arrays to arrays
     * @param inputs where to check it; the upstream gradients are random
     * @return what was found
     */
    public GradCheckReport gradGradCheck(Function<NDList, NDList> function, NDList inputs) {
        return gradGradCheck(Subject.of(function, inputs));
    }

    /**
     * Checks second derivatives of a block, by its inputs and its parameters.
     *
     * @param block an initialized block
     * @param inputs where to check it; the upstream gradients are random
     * @return what was found
     */
    public GradCheckReport gradGradCheck(Block block, NDList inputs) {
        return gradGradCheck(Subject.of(block, inputs));
    }

    private GradCheckReport check(Subject subject) {
        return run(subject).run();
    }

    private GradCheckReport gradGradCheck(Subject subject) {
        return run(subject).runGradient();
    }

    private CheckRun run(Subject subject) {
        return new CheckRun(subject.withNames(inputNames), settings(subject));
    }

    private GradCheckSettings settings(Subject subject) {
        boolean isSingle =
                subject.differentiated().stream()
                        .map(i -> subject.inputs().get(i).array().getDataType())
                        .anyMatch(type -> type == DataType.FLOAT32);
        return float32 && isSingle ? single : wide;
    }

    /** The builder of {@link GradCheck}. */
    public static final class Builder {

        private @Nullable Double eps;
        private @Nullable Tolerance tolerance;
        private double nondetTol;
        private boolean fast;
        private boolean float32;
        private boolean undefinedUpstream = true;
        private boolean forwardAd;
        private List<Long> seeds = List.of(0L);
        private List<String> inputNames = List.of();

        private Builder() {}

        private GradCheckSettings settings(
                DataType type, double defaultEps, Tolerance defaultTolerance) {
            return new GradCheckSettings(
                    type,
                    eps == null ? defaultEps : eps,
                    tolerance == null ? defaultTolerance : tolerance,
                    tolerance == null && type == DataType.FLOAT64,
                    nondetTol,
                    fast,
                    undefinedUpstream,
                    forwardAd,
                    seeds);
        }

        /**
         * Sets the step of the central differences.
         *
         * @param eps the step; default 1e-6, or 5e-3 for float32
         * @return this builder
         */
        public Builder optEps(double eps) {
            if (!(eps > 0)) {
                throw new IllegalArgumentException("eps must be positive, but got " + eps);
            }
            this.eps = eps;
            return this;
        }

        /**
         * Sets how far analytical and numerical derivatives may be apart.
         *
         * @param tolerance the tolerance; default rtol 1e-3 and atol 1e-5, or ten and a hundred
         *     times as much for float32
         * @return this builder
         */
        public Builder optTolerance(Tolerance tolerance) {
            this.tolerance = tolerance;
            return this;
        }

        /**
         * Sets how far two runs of the same backward may be apart.
         *
         * @param nondetTol the largest absolute difference; default 0
         * @return this builder
         */
        public Builder optNondetTol(double nondetTol) {
            if (!(nondetTol >= 0)) {
                throw new IllegalArgumentException(
                        "nondetTol must not be negative, but got " + nondetTol);
            }
            this.nondetTol = nondetTol;
            return this;
        }

        /**
         * Sets whether to compare along one random direction instead of element by element. It
         * costs a few calls, whatever the sizes, and does not see the mistake of a single element
         * among many.
         *
         * @param fast true for fast mode; default false
         * @return this builder
         */
        public Builder optFast(boolean fast) {
            this.fast = fast;
            return this;
        }

        /**
         * Sets whether inputs of type float32 are accepted.
         *
         * @param float32 true to accept them, for a rough check; default false
         * @return this builder
         */
        public Builder optFloat32(boolean float32) {
            this.float32 = float32;
            return this;
        }

        /**
         * Sets whether to leave out upstream gradients, as the engine does for outputs that a loss
         * does not use: of each set of outputs, and the gradients must be those of zeros.
         *
         * @param undefinedUpstream false for a function that needs them all; default true
         * @return this builder
         */
        public Builder optUndefinedUpstream(boolean undefinedUpstream) {
            this.undefinedUpstream = undefinedUpstream;
            return this;
        }

        /**
         * Sets whether to check forward mode too, which needs a {@link AutogradFunction#jvp jvp}.
         *
         * @param forwardAd true to check it; default false
         * @return this builder
         */
        public Builder optForwardAd(boolean forwardAd) {
            this.forwardAd = forwardAd;
            return this;
        }

        /**
         * Sets the seeds of upstream gradients and of fast mode's directions; all that is random is
         * checked with each. The engine's random numbers are not touched.
         *
         * @param seeds at least one; default 0
         * @return this builder
         */
        public Builder optSeeds(long... seeds) {
            if (seeds.length == 0) {
                throw new IllegalArgumentException("there must be a seed, but got none");
            }
            this.seeds = LongStream.of(seeds).boxed().toList();
            return this;
        }

        /**
         * Sets what the inputs are called in the report.
         *
         * @param names the names, in order; default those of the function or of the arrays
         * @return this builder
         */
        public Builder optInputNames(String... names) {
            inputNames = List.of(names);
            return this;
        }

        /** {@return the check} */
        public GradCheck build() {
            return new GradCheck(this);
        }
    }
}
