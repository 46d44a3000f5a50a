/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.djlext.makemore.model.ModelType.GPT;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.gpt.GptStage;
import org.djlext.makemore.model.MlpInit;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that choose a model and its sizes. What is not given is the lecture's. */
final class ModelOptions {

    private static final int TEXT_BLOCK = 64;

    /** The types of numbers in products. */
    enum Dtype {
        FLOAT32,
        BFLOAT16
    }

    @Option(names = "--model", paramLabel = "MODEL")
    private @Nullable ModelType model;

    @Option(names = "--stage", paramLabel = "STAGE")
    private @Nullable GptStage stage;

    @Option(names = "--block-size", paramLabel = "N")
    private @Nullable Integer blockSize;

    @Option(names = "--n-layer", paramLabel = "N")
    private @Nullable Integer layers;

    @Option(names = "--n-embd", paramLabel = "N")
    private @Nullable Integer embedding;

    @Option(names = "--n-embd2", paramLabel = "N")
    private @Nullable Integer hidden;

    @Option(names = "--n-head", paramLabel = "N")
    private @Nullable Integer heads;

    @Option(names = "--init", paramLabel = "NAME")
    private @Nullable MlpInit init;

    @Option(names = "--dropout", paramLabel = "X")
    private @Nullable Double dropout;

    @Option(names = "--dtype", paramLabel = "TYPE")
    private Dtype dtype = Dtype.FLOAT32;

    @Option(names = "--checkpointing")
    private boolean checkpointing;

    /** Returns the model, mlp-bn if none is given. */
    ModelType type() {
        ModelType given = givenType();
        return given != null ? given : ModelType.MLP_BN;
    }

    /** Returns the model if one is given; a stage is one of the gpt. */
    @Nullable ModelType givenType() {
        return model == null && stage != null ? GPT : model;
    }

    /** Tells whether steps of the model cannot be compiled. */
    boolean isRecorded() {
        return dtype == Dtype.BFLOAT16 || checkpointing;
    }

    /** An option, and the name and value of the size that it sets; null if it is not given. */
    private record Size(String option, String name, @Nullable Object value) {}

    private List<Size> given() {
        return Stream.of(
                        new Size("--block-size", "blockSize", blockSize),
                        new Size("--n-layer", "layers", layers),
                        new Size("--n-embd", "embedding", embedding),
                        new Size("--n-embd2", "hidden", hidden),
                        new Size("--n-head", "heads", heads),
                        new Size("--init", "init", init),
                        new Size("--dropout", "dropout", dropout),
                        new Size("--dtype", "bfloat16", dtype == Dtype.FLOAT32 ? null : true),
                        new Size("--checkpointing", "checkpointing", checkpointing ? true : null))
                .filter(size -> size.value != null)
                .toList();
    }

    /** Tells whether a model or a size is given. */
    boolean isGiven() {
        return givenType() != null || !given().isEmpty();
    }

    private void refuseUnless(boolean used, String option, Stream<ModelType> users) {
        if (!used) {
            throw new Mistake(
                    "%s changes nothing in %s; it is for %s",
                    option,
                    type(),
                    users.map(ModelType::toString).collect(Collectors.joining(", ")));
        }
    }

    private void refuseUnused() {
        refuseUnless(stage == null || type() == GPT, "--stage", Stream.of(GPT));
        for (Size size : given()) {
            if (size.value instanceof Integer count) {
                Mistake.atLeast(size.option, count, 1);
            }
            refuseUnless(
                    type().sizes().contains(size.name),
                    size.option,
                    Stream.of(ModelType.values()).filter(m -> m.sizes().contains(size.name)));
        }
        List<String> fixed =
                given().stream()
                        .map(Size::option)
                        .filter(option -> !Set.of("--dtype", "--checkpointing").contains(option))
                        .toList();
        if (stage != null && !fixed.isEmpty()) {
            throw new Mistake(
                    "--stage has the sizes of the lecture, so %s cannot be given with it",
                    String.join(", ", fixed));
        }
        if (dtype == Dtype.BFLOAT16 && stage == GptStage.G0) {
            throw new Mistake("--dtype changes nothing in g0, which computes no products");
        }
        if (checkpointing && (stage == GptStage.G0 || stage == GptStage.G1)) {
            throw new Mistake(
                    "--checkpointing changes nothing in %s, which has no blocks",
                    stage.toString().toLowerCase(Locale.ROOT));
        }
    }

    /** Returns the sizes, which fit each other and the data. */
    ModelConfig config(Corpus corpus) {
        refuseUnused();
        int vocabSize = corpus.vocabulary().size();
        int longest = corpus instanceof NamesCorpus names ? names.longest() : TEXT_BLOCK - 1;
        return Mistake.unless(
                () -> {
                    ModelConfig lecture =
                            stage == null
                                    ? type().defaults(vocabSize, longest)
                                    : stage.config(vocabSize);
                    return lecture.with(
                            given().stream().collect(Collectors.toMap(Size::name, Size::value)));
                });
    }
}
