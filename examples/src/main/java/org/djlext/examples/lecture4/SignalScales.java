/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture4;

import ai.djl.ndarray.NDArray;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.djlext.examples.lecture.Lab;
import org.djlext.examples.plot.Charts;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.diagnostics.Distribution;
import org.djlext.makemore.diagnostics.SignalScale;

/**
 * What a matrix does to the scale of a signal: x of std 1 has after x @ w the std sqrt(fan-in), so
 * w is divided by that; and what a nonlinearity takes away, the gain gives back.
 */
public final class SignalScales extends Lab {

    private static final int ROWS = 1000;
    private static final int FAN_IN = 10;
    private static final int UNITS = 200;
    private static final int DEPTH = 10;

    /** Creates the experiment. */
    public SignalScales() {}

    @Override
    protected void run() {
        TorchGenerator generator = new TorchGenerator(seed(SEED));
        NDArray x = generator.randn(manager, ROWS, FAN_IN);
        NDArray w = generator.randn(manager, FAN_IN, UNITS);
        Map<String, Double> scales = new LinkedHashMap<>();
        scales.put("1", 1.0);
        scales.put("5", 5.0);
        scales.put("0.2", 0.2);
        scales.put("1/sqrt(10)", 1 / Math.sqrt(FAN_IN));
        Map<String, Distribution> histograms = new LinkedHashMap<>();
        Distribution input = Distribution.of(x, 50);
        histograms.put(text("x: std %.2f", input.std()), input);
        out.line("x of shape (1000, 10) has std %.3f; x @ w with w (10, 200)", input.std());
        scales.forEach(
                (name, scale) -> {
                    Distribution y = Distribution.of(x.matMul(w.mul(scale)), 50);
                    out.line("  w * %-10s std %7.3f", name, y.std());
                    if (y.std() < 2 * Math.sqrt(FAN_IN)) {
                        histograms.put(text("w * %s: std %.2f", name, y.std()), y);
                    }
                });
        out.chart("scales", Charts.histograms("x and y = x @ w", histograms));
        deep(generator);

        out.line("%na linear layer of 1,000 by 1,000 standard normal weights, stds:");
        out.line("  alone            %s", format(SignalScale.of(manager, seed(SEED), ROWS, false)));
        out.line("  with batch norm  %s", format(SignalScale.of(manager, seed(SEED), ROWS, true)));
    }

    private void deep(TorchGenerator generator) {
        Map<String, UnaryOperator<NDArray>> functions = new LinkedHashMap<>();
        functions.put("linear", y -> y);
        functions.put("relu", y -> y.maximum(0));
        functions.put("tanh", NDArray::tanh);
        Map<String, Double> gains = Map.of("linear", 1.0, "relu", Math.sqrt(2), "tanh", 5.0 / 3);
        Set<String> seen = new HashSet<>();
        out.line(
                "%nroot mean square after %d layers of %d units, weights of std gain / sqrt(fan-in):",
                DEPTH, UNITS);
        functions.forEach(
                (name, function) -> {
                    for (double gain : new double[] {1, gains.getOrDefault(name, 1.0), 3}) {
                        NDArray y = generator.randn(manager, ROWS, UNITS);
                        for (int i = 0; i < DEPTH; i++) {
                            NDArray weights =
                                    generator
                                            .randn(manager, UNITS, UNITS)
                                            .mul(gain / Math.sqrt(UNITS));
                            y = function.apply(y.matMul(weights));
                        }
                        double rms = Math.sqrt(y.square().mean().getFloat());
                        if (seen.add(name + gain)) {
                            out.line("  %-6s gain %.3f: %9.3f", name, gain, rms);
                        }
                    }
                });
    }

    private static String format(Map<String, Double> stds) {
        StringBuilder text = new StringBuilder();
        stds.forEach((name, std) -> text.append(text("%s %.3f  ", name, std)));
        return text.toString().strip();
    }
}
