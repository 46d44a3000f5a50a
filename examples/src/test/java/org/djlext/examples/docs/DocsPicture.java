/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Pictures of the documentation, and the commands of makemore that draw them.
 *
 * @param names the names of the files that the commands write, and what the pages call them
 * @param commands what to run; OUT stands for an empty folder
 */
record DocsPicture(Map<String, String> names, List<String> commands) {

    /** All of them, but for what {@link #trained()} draws. */
    static final List<DocsPicture> QUICK =
            List.of(
                    of("bigram matrix --download --out OUT", "counts_27x27", "counts_27x27"),
                    of("bigram onehot --out OUT", "one_hot", "one_hot"),
                    of(
                            "diagnose --experiment batch-norm --download --work-dir OUT",
                            "gradients-step1000",
                            "deep-gradients"),
                    of(
                            "diagnose --experiment kaiming --download --work-dir OUT",
                            "activations-step0",
                            "deep-activations",
                            "weights-step0",
                            "deep-weights",
                            "updates",
                            "deep-updates"),
                    of(
                            "diagnose --experiment hockey-stick --download --work-dir OUT",
                            "loss",
                            "hockey-stick"),
                    of(
                            "diagnose --experiment saturation --download --work-dir OUT",
                            "saturated-1.0",
                            "saturated-1.0",
                            "saturated-0.2",
                            "saturated-0.2",
                            "activations",
                            "tanh-activations"),
                    of(
                            "diagnose --experiment dlogits --download --work-dir OUT",
                            "dlogits",
                            "dlogits"),
                    of("lr-find --download --work-dir OUT", "exponents", "lr-find"),
                    of("micrograd neuron --out OUT", "neuron.svg", "neuron.svg"),
                    of("micrograd moons --out OUT", "moons", "moons"));

    /** Those of a network that is trained first, which takes half a minute or more. */
    static DocsPicture trained() {
        return new DocsPicture(
                Map.of("embedding", "embedding", "loss-smoothed", "loss-smoothed"),
                List.of(
                        "train --model mlp --n-embd 2 --n-embd2 100 --max-steps 20000 --download"
                                + " --work-dir OUT",
                        "plot --work-dir OUT"));
    }

    /** Returns the file of a name: a wide graph is an SVG, which stays sharp, all else a PNG. */
    static String file(String name) {
        return name.endsWith(".svg") ? name : name + ".png";
    }

    /** Returns all of them. */
    static List<DocsPicture> all() {
        List<DocsPicture> all = new ArrayList<>(QUICK);
        all.add(trained());
        return all;
    }

    private static DocsPicture of(String command, String... names) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (int i = 0; i < names.length; i += 2) {
            pairs.put(names[i], names[i + 1]);
        }
        return new DocsPicture(pairs, List.of(command));
    }

    /** Returns the arguments of each command. */
    List<String[]> arguments(String out) {
        return commands.stream()
                .map(
                        command ->
                                Stream.of(command.split(" "))
                                        .map(word -> word.equals("OUT") ? out : word)
                                        .toArray(String[]::new))
                .toList();
    }

    /** Whether it needs the lectures' names. */
    boolean needsData() {
        return commands.stream().anyMatch(command -> command.contains("--download"));
    }
}
