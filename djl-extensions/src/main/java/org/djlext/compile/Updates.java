/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes clipping and the update of the parameters.
 *
 * <p>In the script {@code lr} is the learning rate of the step, and {@code rate} what Adam
 * multiplies by: the learning rate with both corrections of the bias.
 */
final class Updates {

    private final List<Line> lines = new ArrayList<>();
    private int values;

    /** Returns what was written. */
    List<Line> lines() {
        return lines;
    }

    private Value call(Value like, String operation, Object... arguments) {
        return call(like.shape, like.type, operation, arguments);
    }

    private Value call(Shape shape, DataType type, String operation, Object... arguments) {
        Value result = new Value("u" + values++, shape, type, Value.Origin.RESULT, false);
        lines.add(new Line(operation, List.of(arguments), List.of(result), ""));
        return result;
    }

    private void change(String operation, Object... arguments) {
        lines.add(new Line(operation, List.of(arguments), List.of(), ""));
    }

    private static Line.Keyword alpha(String factor) {
        return new Line.Keyword("alpha", factor);
    }

    private static Line.Keyword value(String factor) {
        return new Line.Keyword("value", factor);
    }

    private static String number(double value) {
        return Double.toString(value);
    }

    /**
     * Scales gradients so that the norm of all together is not above a maximum, as PyTorch does.
     */
    List<Value> clipNorm(List<Value> gradients, double maxNorm) {
        List<Value> norms = new ArrayList<>();
        for (Value gradient : gradients) {
            norms.add(call(new Shape(), gradient.type, "norm", gradient));
        }
        DataType type = gradients.get(0).type;
        Value all = call(new Shape(norms.size()), type, "stack", norms);
        Value norm = call(new Shape(), type, "add", call(new Shape(), type, "norm", all), "1e-6");
        Value over = call(norm, "mul", call(norm, "reciprocal", norm), number(maxNorm));
        Value factor = call(norm, "clamp", over, "None", "1.0");
        List<Value> clipped = new ArrayList<>();
        for (Value gradient : gradients) {
            clipped.add(call(gradient, "mul", gradient, factor));
        }
        return clipped;
    }

    /** A parameter, its gradient, and what an optimizer keeps for it. */
    record Update(Value parameter, Value gradient, List<Value> states) {}

    /** Stochastic gradient descent as DJL's engine does it; the rate sits inside the momentum. */
    void sgd(Update update, OptimizerSettings settings) {
        Value parameter = update.parameter;
        Value gradient = decayed(update, settings, true);
        if (settings.momentum() == 0) {
            change("add_", parameter, gradient, alpha("-lr"));
            return;
        }
        Value state = update.states.get(0);
        change("mul_", state, number(settings.momentum()));
        change("add_", state, gradient, alpha("lr"));
        change("sub_", parameter, state);
    }

    /** Adam as DJL's engine does it, and AdamW, which takes the decay from the parameter itself. */
    void adam(Update update, OptimizerSettings settings) {
        Value parameter = update.parameter;
        Value gradient = decayed(update, settings, !settings.decoupled());
        if (settings.decoupled() && settings.weightDecay() != 0) {
            change("mul_", parameter, "1.0 - lr * " + number(settings.weightDecay()));
        }
        Value mean = update.states.get(0);
        Value square = update.states.get(1);
        change("mul_", mean, number(settings.beta1()));
        // In float, as the engine's own sources have it.
        change("add_", mean, gradient, alpha(number(1 - settings.beta1())));
        change("mul_", square, number(settings.beta2()));
        change("addcmul_", square, gradient, gradient, value(number(1 - settings.beta2())));
        Value root = call(square, "sqrt", square);
        change("add_", root, number(settings.eps()));
        change("addcdiv_", parameter, mean, root, value("-rate"));
    }

    private Value decayed(Update update, OptimizerSettings settings, boolean decay) {
        Value gradient = update.gradient;
        if (settings.rescaleGrad() != 1) {
            gradient = call(gradient, "mul", gradient, number(settings.rescaleGrad()));
        }
        if (settings.clipGrad() >= 0) {
            gradient = call(gradient, "clamp", gradient, "None", number(settings.clipGrad()));
        }
        if (decay && settings.weightDecay() != 0) {
            String factor = number(settings.weightDecay());
            gradient = call(gradient, "add", gradient, update.parameter, alpha(factor));
        }
        return gradient;
    }
}
