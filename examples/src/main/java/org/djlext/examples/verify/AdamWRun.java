/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.djlext.makemore.data.DataFileException;
import org.djlext.optim.TorchAdamW;

/** Some steps of AdamW on one batch, as a reference file has them. */
record AdamWRun(double rate, double weightDecay, double beta1, double beta2, List<Double> losses) {

    TorchAdamW optimizer() {
        return TorchAdamW.builder().optBetas(beta1, beta2).optWeightDecay(weightDecay).build();
    }

    private static final Pattern NAME =
            Pattern.compile("adamw_lr(\\S+)_wd(\\S+)_betas(\\S+)_(\\S+)_losses_of_(\\d+)_steps");

    static List<AdamWRun> all(ReferenceNode root) {
        List<AdamWRun> all = new ArrayList<>();
        for (String name : root.names()) {
            Matcher matcher = NAME.matcher(name);
            if (matcher.matches()) {
                double rate = Double.parseDouble(matcher.group(1));
                List<Double> losses = Arrays.stream(root.numbers(name)).boxed().toList();
                if (losses.size() != Integer.parseInt(matcher.group(5))) {
                    throw new DataFileException(
                            root.place() + " " + name + " has " + losses.size() + " losses");
                }
                all.add(
                        new AdamWRun(
                                rate,
                                Double.parseDouble(matcher.group(2)),
                                Double.parseDouble(matcher.group(3)),
                                Double.parseDouble(matcher.group(4)),
                                losses));
            }
        }
        return all;
    }
}
