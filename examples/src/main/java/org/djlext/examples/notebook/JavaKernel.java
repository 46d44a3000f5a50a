/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.notebook;

import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.logging.LogManager;
import org.rapaio.jupyter.kernel.MainApp;
import org.rapaio.jupyter.kernel.channels.Channels;
import org.rapaio.jupyter.kernel.core.ConnectionProperties;
import org.rapaio.jupyter.kernel.core.Transform;
import org.rapaio.jupyter.kernel.global.Global;

/**
 * Starts the Java kernel of Jupyter with this project on its class path.
 *
 * <p>The kernel's own main opens its sockets before it knows what to do with a message, and the
 * thread that is asked something in between ends with an exception; Jupyter then waits for ever.
 * Here such a message finds an empty table, is passed over, and Jupyter asks again.
 */
public final class JavaKernel {

    private JavaKernel() {}

    /**
     * Serves one notebook until Jupyter ends it.
     *
     * @param args the connection file that Jupyter has written
     * @throws Exception if the file cannot be read or the sockets cannot be opened
     */
    public static void main(String[] args) throws Exception {
        if (args.length != 1 || !Files.isRegularFile(Path.of(args[0]))) {
            System.err.println(
                    "JavaKernel takes one argument, the connection file that Jupyter writes; start"
                            + " it from Jupyter, as docs/notebooks.md says");
            System.exit(2);
        }
        LogManager.getLogManager().reset(); // it would speak of the passed-over question as severe
        Global.options().set("display.defaultMime", "text/plain");
        String connection = Files.readString(Path.of(args[0]));
        Channels channels =
                new Channels(Transform.fromJson(connection, ConnectionProperties.class));
        Field handlers = Channels.class.getDeclaredField("handlers");
        handlers.setAccessible(true);
        handlers.set(channels, new HashMap<>());
        channels.connect(MainApp.kernel);
        channels.joinUntilClose();
    }
}
