/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import com.google.gson.Gson;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlext.examples.Python;
import org.djlext.examples.lecture.Printed;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.Texts;
import org.djlext.makemore.gpt.GptStage;
import org.djlext.makemore.gpt.PyTorchGpt;
import org.djlext.makemore.model.DeepMlp;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.model.WaveNet;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.nn.BatchNorm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code makemore export} writes, loaded by {@code docs/logits.py} into PyTorch. */
class ExportedModelsTest {

    private static final Path SCRIPT = Path.of("..", "docs", "logits.py");
    private static final String PREFIX = "ma";
    private static final float TOLERANCE = 1e-4f;

    // Prints the logits of each file, a list on a line.
    private static final String DRIVER =
            """
            import sys
            sys.path.insert(0, "../docs")
            import logits
            for file in sys.argv[1:]:
                print(logits.logits(file, "%s").tolist())
            """
                    .formatted(PREFIX);

    private final NamesCorpus names = NamesCorpus.of(Names.embedded());
    private final Path dir;

    ExportedModelsTest(@TempDir Path dir) {
        this.dir = dir;
    }

    /** A few steps, so that no bias and no running mean is as it was. */
    private Path train(String name, ModelConfig model, Corpus corpus) {
        Path checkpoint = dir.resolve(name + ".ckpt");
        TrainingConfig settings =
                TrainingConfig.builder(5)
                        .seed(42)
                        .learningRate(LearningRate.constant(0.1))
                        .gradients(Gradients.MANUAL)
                        .build();
        try (NDManager manager = NDManager.newBaseManager();
                Training run = Training.start(manager, model, settings, corpus)) {
            run.finish();
            run.write(checkpoint);
            PyTorchGpt.write(run.saved(), dir.resolve(name + ".safetensors"));
        }
        return checkpoint;
    }

    private Map<String, ModelConfig> models() {
        int vocabulary = names.vocabulary().size();
        Map<String, ModelConfig> models = new LinkedHashMap<>();
        for (ModelType type : ModelType.values()) {
            models.put(
                    type.toString(),
                    type.defaults(vocabulary, names.longest())
                            .with(Map.of("embedding", 8, "hidden", 12, "layers", 2)));
        }
        models.put("plain", new DeepMlp.Config(vocabulary, 3, 8, 12, 2, false, 1, true, true));
        models.put("linear", new DeepMlp.Config(vocabulary, 3, 8, 12, 2, true, 1, true, false));
        models.put(
                "mistaken", new WaveNet.Config(vocabulary, 8, 8, 12, 3, BatchNorm.Axes.BATCH_ONLY));
        return models;
    }

    @Test
    void everyModelHasPyTorchsLogits() throws Exception {
        String python = Python.with("torch");
        Map<String, Path> checkpoints = new LinkedHashMap<>();
        models().forEach((name, model) -> checkpoints.put(name, train(name, model, names)));
        TextCorpus text = TextCorpus.of(Texts.embedded());
        for (GptStage stage : GptStage.values()) {
            if (stage != GptStage.G8) { // G7, but larger
                ModelConfig gpt = stage.config(text.vocabulary().size());
                checkpoints.put(stage.name(), train(stage.name(), gpt, text));
            }
        }

        List<String> command = new ArrayList<>(List.of(python, "-c", DRIVER));
        checkpoints.keySet().forEach(name -> command.add(dir.resolve(name + ".safetensors") + ""));
        List<String> lines = Python.run(new ProcessBuilder(command)).lines().toList();
        assertEquals(checkpoints.size(), lines.size(), lines + "");
        int i = 0;
        for (Map.Entry<String, Path> entry : checkpoints.entrySet()) {
            float[] ours = logits(entry.getValue());
            float[] theirs = new Gson().fromJson(lines.get(i++), float[].class);
            assertArrayEquals(theirs, ours, TOLERANCE, entry.getKey());
            assertTrue(spread(ours) > 0.01f, entry.getKey() + " " + Arrays.toString(ours));
        }
    }

    private static float[] logits(Path checkpoint) {
        Printed printed = new Printed();
        PrintLogits.run(printed, checkpoint, PREFIX);
        List<Float> logits =
                printed.values("").filter(Float.class::isInstance).map(Float.class::cast).toList();
        float[] all = new float[logits.size()];
        for (int i = 0; i < all.length; i++) {
            all[i] = logits.get(i);
        }
        return all;
    }

    private static float spread(float... values) {
        float[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length - 1] - sorted[0];
    }

    @Test
    void theScriptComparesWhatItIsGiven() throws Exception {
        String python = Python.with("torch");
        Path checkpoint = train("mlp", ModelType.MLP.defaults(27, names.longest()), names);
        Printed printed = new Printed();
        PrintLogits.run(printed, checkpoint, PREFIX);
        Path lines = Files.writeString(dir.resolve("logits.txt"), printed.text());
        ProcessBuilder script =
                new ProcessBuilder(
                        python, SCRIPT + "", dir.resolve("mlp.safetensors") + "", PREFIX);
        String said = Python.run(script.redirectInput(lines.toFile()));
        assertTrue(said.matches("27 logits, largest difference \\d\\.\\de-0[5-9]\n"), said);
        Files.writeString(lines, printed.text().replaceFirst("0 -?\\d", "0 9"));
        Process wrong = script.redirectInput(lines.toFile()).start();
        assertEquals(1, wrong.waitFor());
    }
}
