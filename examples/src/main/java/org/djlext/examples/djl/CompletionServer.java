/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.djl;

import ai.djl.ModelException;
import ai.djl.inference.Predictor;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.zoo.SavedModelFactory;

/**
 * A trained model as an HTTP service on the JDK's own server: {@code POST /complete} with a prefix
 * answers with a name or a text that starts with it. It listens on loopback.
 */
public final class CompletionServer {

    private static final int MAX_PREFIX = 10_000; // bytes

    private CompletionServer() {}

    /**
     * The main, which serves until it is stopped.
     *
     * @param args the folder of a run, and a port, or 0 for any that is free
     * @throws IOException if the port is taken, or the model cannot be read
     * @throws ModelException if the model cannot be used
     */
    public static void main(String[] args) throws IOException, ModelException {
        ZooModel<String, String> model =
                SavedModelFactory.criteria(Path.of(args[0])).build().loadModel();
        HttpServer server = start(model, Integer.parseInt(args[1]));
        Output.console()
                .line("http://127.0.0.1:%d/complete takes prefixes", server.getAddress().getPort());
    }

    /** Starts the service on a port, or on any that is free if it is 0. */
    static HttpServer start(ZooModel<String, String> model, int port) throws IOException {
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext(
                "/complete",
                exchange -> {
                    byte[] sent = exchange.getRequestBody().readNBytes(MAX_PREFIX);
                    int status = 200;
                    String answer;
                    try (Predictor<String, String> predictor = model.newPredictor()) {
                        answer = predictor.predict(new String(sent, StandardCharsets.UTF_8));
                    } catch (TranslateException e) {
                        status = 400;
                        Throwable cause = e.getCause() == null ? e : e.getCause();
                        answer = String.valueOf(cause.getMessage());
                    }
                    byte[] body = answer.getBytes(StandardCharsets.UTF_8);
                    exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
                    exchange.sendResponseHeaders(status, body.length);
                    try (OutputStream out = exchange.getResponseBody()) {
                        out.write(body);
                    }
                });
        server.start();
        return server;
    }
}
