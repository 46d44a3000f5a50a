/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Models of makemore on a cluster, as jobs of Apache Spark.
 *
 * <p>Rows are names, columns what is known of them. {@link org.djlext.spark.NameScoring} and {@link
 * org.djlext.spark.NameSampling} take and give {@code Dataset<Row>}, so they go between any others;
 * {@link org.djlext.spark.MakemoreSpark} is the command line.
 */
@NullMarked
package org.djlext.spark;

import org.jspecify.annotations.NullMarked;
