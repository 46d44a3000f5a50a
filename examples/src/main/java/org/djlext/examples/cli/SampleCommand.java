/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.util.List;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.sample.Novelty;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.sample.TokenStream;
import org.djlext.makemore.train.SavedModel;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code makemore sample}: draws names or texts from a trained model. */
@Command(name = "sample")
final class SampleCommand extends SavedModelCommand {

    @Option(names = "--num-samples", paramLabel = "N")
    private @Nullable Integer count;

    @Option(names = "--max-new-tokens", paramLabel = "N")
    private int length = 500;

    @Mixin private SamplingOptions sampling = new SamplingOptions();

    @Option(names = "--window", paramLabel = "WAY")
    private SamplerSettings.Window window = SamplerSettings.Window.SLIDE;

    @Option(names = "--no-cache")
    private boolean noCache;

    @Option(names = "--seed", paramLabel = "N")
    private @Nullable Long seed;

    @Option(names = "--one-by-one")
    private boolean oneByOne;

    @Override
    void check() {
        settings();
        Mistake.atLeast("--num-samples", count == null ? 0 : count, 0);
    }

    @Override
    void run(SavedModel saved, NDManager manager) {
        SamplerSettings settings = settings();
        Sampler sampler = new Sampler(manager, saved.model(), saved.vocabulary());
        if (saved.vocabulary().hasSeparator()) {
            Mistake.ifGiven(spec, "for names, which end before they fill a window", "--window");
            names(sampler, saved, settings);
        } else {
            Mistake.ifGiven(spec, "for a text, which is drawn in order always", "--one-by-one");
            refuseUnusedData(saved, "for a text");
            texts(sampler, settings);
        }
    }

    private void names(Sampler sampler, SavedModel saved, SamplerSettings settings) {
        TorchGenerator generator = new TorchGenerator(seed == null ? 2147483657L : seed);
        int many = count == null ? 20 : count;
        List<String> names =
                oneByOne
                        ? sampler.oneByOne(generator, many, settings)
                        : generator.stream().run(() -> sampler.sample(many, settings));
        names.forEach(out()::println);
        out().flush();
        try {
            Corpus corpus = data.corpus(saved);
            err().println(
                            saved.isTrainedOn(corpus) && corpus instanceof NamesCorpus own
                                    ? Novelty.of(names, own.split()).toString()
                                    : "the model was trained on other names, so nobody knows how"
                                            + " many of these are new");
        } catch (DataFileException e) {
            if (data.isGiven()) {
                throw e;
            }
            err().println("the names that are new cannot be told: " + e.getMessage());
        }
    }

    private void texts(Sampler sampler, SamplerSettings settings) {
        TorchGenerator generator = new TorchGenerator(seed == null ? 1337 : seed);
        for (int i = 0; i < (count == null ? 1 : count); i++) {
            generator.stream().run(() -> text(sampler, settings));
        }
    }

    private Void text(Sampler sampler, SamplerSettings settings) {
        try (TokenStream stream = sampler.stream(settings)) {
            out().print(sampling.prefix()); // once the model has taken it
            while (stream.hasNext()) {
                out().print(sampler.decode(stream.nextInt()));
                out().flush();
            }
        }
        out().println();
        return null;
    }

    private SamplerSettings settings() {
        return Mistake.unless(
                () -> sampling.settings().length(length).window(window).cache(!noCache));
    }
}
