/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * A training as one HTML page: a file that needs no network, or a page on this machine that follows
 * the training.
 *
 * <p>A {@link org.djlext.examples.report.TrainingReport} is told what happens, by the commands of
 * this module or by a {@link org.djlext.examples.report.ReportListener} from DJL's own {@code
 * EasyTrain}. Everything it has been told reaches the page as one JSON text, which the page's
 * script draws; texts are put in as text, never as HTML.
 */
@NullMarked
package org.djlext.examples.report;

import org.jspecify.annotations.NullMarked;
