/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.repository.zoo.ZooModel;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.djlext.examples.lecture.Printed;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.makemore.zoo.SavedModelFactory;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DjlExamplesTest {

    // ln 27 is the loss of every character alike.
    private static final double ALIKE = 3.3;

    @Test
    void easyTrainLearns() throws Exception {
        Printed printed = new Printed();
        EasyTrainNames.run(printed, 2);
        assertTrue(printed.number("loss in training") < ALIKE - 0.7, printed.text());
        assertTrue(printed.number("loss on dev      ") < ALIKE - 0.7, printed.text());
        assertTrue(printed.number("right on dev") > 20, printed.text());
    }

    @Test
    void namesAreCompleted(@TempDir Path dir) throws Exception {
        Path file = dir.resolve("names.ckpt");
        CompleteNames.train(file, 50);
        Printed printed = new Printed();
        List<String> names = CompleteNames.run(printed, file);
        assertEquals(6, names.size());
        assertTrue(names.get(0).startsWith("an"), names + "");
        assertTrue(names.get(2).startsWith("jo"), names + "");
        assertTrue(printed.text().startsWith("ma.. ma"), printed.text());
    }

    @Test
    void aServiceCompletes(@TempDir Path dir) throws Exception {
        Path file = dir.resolve("names.safetensors");
        CompleteNames.train(file, 50);
        try (ZooModel<String, String> model =
                SavedModelFactory.criteria(file).build().loadModel()) {
            HttpServer server = CompletionServer.start(model, 0);
            try {
                HttpResponse<String> name = post(server, "ma");
                assertEquals(200, name.statusCode());
                assertTrue(name.body().startsWith("ma"), name.body());
                HttpResponse<String> refused = post(server, "M?");
                assertEquals(400, refused.statusCode());
                assertTrue(refused.body().contains("M"), refused.body());
            } finally {
                server.stop(0);
            }
        }
    }

    private static HttpResponse<String> post(HttpServer server, String prefix) throws Exception {
        URI address = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/complete");
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(address)
                                .POST(BodyPublishers.ofString(prefix))
                                .build(),
                        BodyHandlers.ofString());
    }

    /** PyTorch computes the same logits from the file; without PyTorch the test is left out. */
    @Test
    void logitsArePyTorchs(@TempDir Path dir) throws Exception {
        String python = pythonWithTorch();
        Path file = dir.resolve("last.safetensors");
        Path lines = dir.resolve("logits.txt");
        trainMlp(file);
        Printed printed = new Printed();
        PrintLogits.run(printed, file, "ma");
        assertEquals(27, printed.text().lines().count());
        Files.writeString(lines, printed.text());
        String script = Path.of("..", "docs", "logits.py").toString();
        Process process =
                new ProcessBuilder(python, script, file.toString(), "ma")
                        .redirectInput(lines.toFile())
                        .redirectErrorStream(true)
                        .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        assertTrue(said.startsWith("27 logits, largest difference "), said);
        double difference = Double.parseDouble(said.strip().replaceAll(".* ", ""));
        assertTrue(difference < 1e-5, said);
    }

    private static String pythonWithTorch() throws Exception {
        for (String python : List.of("python3", "/usr/bin/python3")) {
            try {
                if (new ProcessBuilder(python, "-c", "import torch").start().waitFor() == 0) {
                    return python;
                }
            } catch (IOException e) {
                // there is no such program
            }
        }
        return Assumptions.abort("no python3 with PyTorch here; it compares the logits");
    }

    private static void trainMlp(Path file) {
        NamesCorpus corpus = NamesCorpus.of(Names.embedded());
        try (NDManager manager = NDManager.newBaseManager();
                Training run =
                        Training.start(
                                manager,
                                ModelType.MLP.defaults(
                                        corpus.vocabulary().size(), corpus.longest()),
                                TrainingConfig.builder(20)
                                        .seed(42)
                                        .gradients(Gradients.MANUAL)
                                        .build(),
                                corpus)) {
            while (!run.isDone()) {
                run.step();
            }
            run.write(file);
        }
    }
}
