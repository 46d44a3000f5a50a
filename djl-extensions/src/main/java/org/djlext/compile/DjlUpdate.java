/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an optimizer of DJL asks its engine for, as lines of TorchScript.
 *
 * <p>Sgd, Adam and AdamW are computed as the PyTorch engine does, which clips gradients from above
 * alone. Nag, Adagrad, RmsProp and Adadelta, which that engine refuses, are computed as DJL
 * documents them:
 *
 * <pre>
 * all       g = clip(rescale g, -clip, clip) + decay w
 * Nag       b = m b + g                    w = w - lr (g + m b)
 * Adagrad   s = s + g^2                    w = w - lr g / (sqrt(s) + eps)
 * RmsProp   s = rho s + (1 - rho) g^2      w = w - lr g / (sqrt(s) + eps)
 * centered  a = rho a + (1 - rho) g        b = m b - lr g / (sqrt(s - a^2) + eps), w = w + b
 * Adadelta  s = rho s + (1 - rho) g^2      u = sqrt(d + eps) / sqrt(s + eps) g
 *           d = rho d + (1 - rho) u^2      w = w - lr u, where lr is 1
 * </pre>
 *
 * @param lines the update, without the rates, which change from step to step
 * @param stateNames the names of what is kept for a parameter
 * @param rates the learning rate; for Adam also the one with both corrections of the bias in it
 */
record DjlUpdate(List<String> lines, List<String> stateNames, List<Double> rates) {

    /**
     * In a line, as many counters as there are weights, so large that a kernel that would correct
     * the bias of young means leaves them as they are: DJL's rate has that in it.
     */
    static final String LATE = "late";

    /**
     * Returns the update that a method of the engine is asked for, or null if it is none.
     *
     * @param mayBeFused whether weights, gradients and what is kept lie in memory alike
     */
    static @Nullable DjlUpdate of(String method, Object[] args, boolean mayBeFused) {
        return switch (method) {
            case "sgdUpdate" -> sgd(args);
            case "adamUpdate" -> adam(args, mayBeFused);
            case "nagUpdate" -> nag(args);
            case "adagradUpdate" -> adagrad(args);
            case "rmspropUpdate" -> rmsProp(args);
            case "adadeltaUpdate" -> adadelta(args);
            default -> null;
        };
    }

    /** Tells whether another is the same but for its rates. */
    boolean isLike(DjlUpdate other) {
        return lines.equals(other.lines) && stateNames.equals(other.stateNames);
    }

    // inputs, weights, rate, decay, rescale, clip, momentum, lazy
    private static DjlUpdate sgd(Object[] args) {
        double momentum = number(args, 6);
        List<String> lines = gradient(args, 3, true);
        if (momentum == 0) {
            lines.add("_foreach_add_(weights, gradients, alpha=-lr)");
        } else {
            // The rate sits inside the momentum.
            lines.add("_foreach_mul_(momentum, " + momentum + ")");
            lines.add("_foreach_add_(momentum, gradients, alpha=lr)");
            lines.add("_foreach_sub_(weights, momentum)");
        }
        List<String> kept = momentum == 0 ? List.of() : List.of("momentum");
        return new DjlUpdate(lines, kept, List.of(number(args, 2)));
    }

    // inputs, weights, rate, corrected rate, decay, rescale, clip, beta1, beta2, eps, lazy, W
    private static DjlUpdate adam(Object[] args, boolean mayBeFused) {
        float beta1 = (Float) args[7];
        float beta2 = (Float) args[8];
        List<String> lines = gradient(args, 4, true, (Boolean) args[11]);
        double eps = number(args, 9);
        if (mayBeFused) {
            lines.add(
                    ("_fused_adam_(weights, gradients, mean, square, [], %s, lr=rate, beta1=%s,"
                                    + " beta2=%s, weight_decay=0.0, eps=%s, amsgrad=False,"
                                    + " maximize=False)")
                            .formatted(LATE, (double) beta1, (double) beta2, eps));
        } else {
            // 1 - beta in float, as the engine's own sources have it.
            addMean(lines, beta1, 1 - beta1);
            addMeanSquare(lines, "square", "gradients", beta2, 1 - beta2);
            addRoot(lines, "_foreach_sqrt(square)", eps);
            lines.add("_foreach_addcdiv_(weights, mean, root, -rate)");
        }
        List<Double> rates = List.of(number(args, 2), number(args, 3));
        return new DjlUpdate(lines, List.of("mean", "square"), rates);
    }

    // inputs, weights, rate, decay, rescale, clip, momentum
    private static DjlUpdate nag(Object[] args) {
        double momentum = number(args, 6);
        List<String> lines = gradient(args, 3, false);
        lines.add("_foreach_mul_(momentum, " + momentum + ")");
        lines.add("_foreach_add_(momentum, gradients)");
        lines.add("ahead = _foreach_mul(momentum, " + momentum + ")");
        lines.add("ahead = _foreach_add(ahead, gradients)");
        lines.add("_foreach_add_(weights, ahead, alpha=-lr)");
        return new DjlUpdate(lines, List.of("momentum"), List.of(number(args, 2)));
    }

    // inputs, weights, rate, decay, rescale, clip, eps
    private static DjlUpdate adagrad(Object[] args) {
        List<String> lines = gradient(args, 3, false);
        lines.add("_foreach_addcmul_(square, gradients, gradients, 1.0)");
        addRoot(lines, "_foreach_sqrt(square)", number(args, 6));
        lines.add("_foreach_addcdiv_(weights, gradients, root, -lr)");
        return new DjlUpdate(lines, List.of("square"), List.of(number(args, 2)));
    }

    // inputs, weights, rate, decay, rescale, clip, rho, momentum, eps, centered
    private static DjlUpdate rmsProp(Object[] args) {
        double rho = number(args, 6);
        double eps = number(args, 8);
        List<String> lines = gradient(args, 3, false);
        List<Double> rates = List.of(number(args, 2));
        addMeanSquare(lines, "square", "gradients", rho, 1 - rho);
        if (!(Boolean) args[9]) {
            addRoot(lines, "_foreach_sqrt(square)", eps);
            lines.add("_foreach_addcdiv_(weights, gradients, root, -lr)");
            return new DjlUpdate(lines, List.of("square"), rates);
        }
        addMean(lines, rho, 1 - rho);
        lines.add("variance = _foreach_addcmul(square, mean, mean, -1.0)");
        addRoot(lines, "_foreach_sqrt(variance)", eps);
        lines.add("_foreach_mul_(momentum, " + number(args, 7) + ")");
        lines.add("_foreach_addcdiv_(momentum, gradients, root, -lr)");
        lines.add("_foreach_add_(weights, momentum)");
        return new DjlUpdate(lines, List.of("square", "mean", "momentum"), rates);
    }

    // inputs, weights, decay, rescale, clip, rho, eps
    private static DjlUpdate adadelta(Object[] args) {
        double rho = number(args, 5);
        double eps = number(args, 6);
        List<String> lines = gradient(args, 2, false);
        addMeanSquare(lines, "square", "gradients", rho, 1 - rho);
        for (String name : List.of("square", "delta")) {
            lines.add(name + "_root = _foreach_add(" + name + ", " + eps + ")");
            lines.add(name + "_root = _foreach_sqrt(" + name + "_root)");
        }
        lines.add("move = _foreach_div(delta_root, square_root)");
        lines.add("move = _foreach_mul(move, gradients)");
        addMeanSquare(lines, "delta", "move", rho, 1 - rho);
        lines.add("_foreach_add_(weights, move, alpha=-lr)");
        return new DjlUpdate(lines, List.of("square", "delta"), List.of(1.0));
    }

    private static double number(Object[] args, int place) {
        return (Float) args[place];
    }

    private static List<String> gradient(Object[] args, int first, boolean isOfEngine) {
        return gradient(args, first, isOfEngine, false);
    }

    /** What is done first, by weight decay and two arguments after it: rescale and clip. */
    private static List<String> gradient(
            Object[] args, int first, boolean isOfEngine, boolean isDecoupled) {
        double decay = number(args, first);
        double rescale = number(args, first + 1);
        double clip = number(args, first + 2); // negative for any gradient
        List<String> lines = new ArrayList<>();
        if (rescale != 1) {
            lines.add("gradients = _foreach_mul(gradients, " + rescale + ")");
        }
        if (clip >= 0) {
            lines.add("gradients = _foreach_clamp_max(gradients, " + clip + ")");
        }
        if (clip >= 0 && !isOfEngine) {
            lines.add("gradients = _foreach_clamp_min(gradients, " + -clip + ")");
        }
        if (decay != 0) {
            lines.add(
                    isDecoupled
                            ? "_foreach_mul_(weights, 1.0 - lr * " + decay + ")"
                            : "gradients = _foreach_add(gradients, weights, alpha=" + decay + ")");
        }
        return lines;
    }

    private static void addMean(List<String> lines, double ofOld, double ofNew) {
        lines.add("_foreach_mul_(mean, " + ofOld + ")");
        lines.add("_foreach_add_(mean, gradients, alpha=" + ofNew + ")");
    }

    private static void addMeanSquare(
            List<String> lines, String mean, String of, double ofOld, double ofNew) {
        lines.add("_foreach_mul_(%s, %s)".formatted(mean, ofOld));
        lines.add("_foreach_addcmul_(%s, %s, %s, %s)".formatted(mean, of, of, ofNew));
    }

    // A new list once more: libtorch drops what changes a list of the script in place.
    private static void addRoot(List<String> lines, String root, double eps) {
        lines.add("root = " + root);
        lines.add("root = _foreach_add(root, " + eps + ")");
    }
}
