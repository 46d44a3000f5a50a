/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * The {@code verify} command: inputs, outputs and gradients that another program, such as PyTorch,
 * has computed, and comparisons of the operations here with them.
 *
 * <p>A file of operations is JSON,
 *
 * <pre>{@code
 * {"ops": {
 *   "linear": {
 *     "params": {},
 *     "inputs": {"x": TENSOR, "w": TENSOR, "b": TENSOR},
 *     "output": TENSOR,
 *     "grad_output": TENSOR,
 *     "grad_inputs": {"x": TENSOR, "w": TENSOR, "b": TENSOR}}}}
 * }</pre>
 *
 * <p>where a tensor is {@code {"dtype": "float64", "shape": [4, 3], "data": [..]}} with its data in
 * row-major order, and an operation is named like one that {@link
 * org.djlext.examples.verify.ReferenceOps} knows.
 */
@NullMarked
package org.djlext.examples.verify;

import org.jspecify.annotations.NullMarked;
