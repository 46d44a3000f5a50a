/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.distributed;

/** The collectives as TorchScript, in which what {@code wait_tensor} returns has to be used. */
final class CollectivesScript {

    static final String SOURCE =
            """
            def reduced(flat, op: str, peer: int, group: str):
                n = flat.numel()
                if peer < 0 or n == 0:
                    return ops._c10d_functional.wait_tensor(
                            ops._c10d_functional.all_reduce_(flat, op, group))
                swap = [0, n] if peer == 1 else [n, 0]
                other = ops._c10d_functional.wait_tensor(
                        ops._c10d_functional.all_to_all_single(flat, swap, swap, group))
                return torch.maximum(flat, other, out=flat) if op == 'max' else flat.add_(other)

            def unpack(flat, xs: List[Tensor]):
                place = 0
                for x in xs:
                    x.copy_(flat.narrow(0, place, x.numel()).view(x.size()))
                    place += x.numel()

            def all_reduce(xs: List[Tensor], op: str, divisor: float, peer: int, group: str):
                alone = len(xs) == 1 and xs[0].is_contiguous()
                flat = xs[0].view(-1) if alone else torch.cat([x.reshape(-1) for x in xs])
                flat = reduced(flat, op, peer, group)
                if divisor != 1:
                    flat.div_(divisor)
                if not alone:
                    unpack(flat, xs)

            def weighted_mean(xs: List[Tensor], weight: float, peer: int, group: str):
                parts = [x.reshape(-1) for x in xs]
                parts.append(torch.ones([1], dtype=xs[0].dtype, device=xs[0].device))
                flat = torch.cat(parts)
                # The mean over nothing is NaN, and so is 0 times that.
                flat = flat * weight if weight != 0 else torch.zeros_like(flat)
                flat = reduced(flat, 'sum', peer, group)
                flat = flat / flat[-1]
                unpack(flat, xs)

            def broadcast(xs: List[Tensor], root: int, group: str):
                flat = torch.cat([x.reshape(-1) for x in xs])
                flat = ops._c10d_functional.wait_tensor(ops._c10d_functional.broadcast_(flat, root, group))
                unpack(flat, xs)

            # What no other function does, so that nobody takes its message for another one's.
            def announce(call, size: int, group: str):
                return ops._c10d_functional.wait_tensor(
                        ops._c10d_functional.all_gather_into_tensor(call, size, group))

            def all_gather(x, size: int, is_announced: bool, group: str):
                shape = x.size() if x.dim() > 0 else [1]
                if is_announced:
                    parts = [x.numel() for i in range(size)]
                    flat = ops._c10d_functional.all_to_all_single(
                            x.reshape(-1).repeat(size), parts, parts, group)
                else:
                    flat = ops._c10d_functional.all_gather_into_tensor(x.reshape(-1), size, group)
                return ops._c10d_functional.wait_tensor(flat).view([size * shape[0]] + shape[1:])

            def reduce_scatter(x, op: str, divisor: float, size: int, group: str):
                part = ops._c10d_functional.wait_tensor(
                        ops._c10d_functional.reduce_scatter_tensor(x.contiguous(), op, size, group))
                if divisor != 1:
                    part.div_(divisor)
                return part
            """;

    private CollectivesScript() {}
}
