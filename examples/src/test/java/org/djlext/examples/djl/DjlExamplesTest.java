/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.djl;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.repository.zoo.ZooModel;
import com.sun.net.httpserver.HttpServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import org.djlext.examples.lecture.Printed;
import org.djlext.makemore.zoo.SavedModelFactory;
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
        List<String> names = CompleteNames.run(printed, file, List.of("ma", "an", "jo", ""));
        assertEquals(4, names.size());
        assertTrue(names.get(1).startsWith("an"), names + "");
        assertTrue(names.get(2).startsWith("jo"), names + "");
        assertEquals(1, CompleteNames.run(printed, file, List.of("")).size());
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
                assertContains(refused.body(), "M");
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
}
