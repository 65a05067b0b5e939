"""Losses for emotion targets: soft, several at once, partly missing, concordance. In torch.

A target that is NaN was not annotated: it costs nothing and teaches nothing, so that data
sets with different labels can be trained on together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from affectkit.optional import require

if TYPE_CHECKING:
    Tensor = Any


def soft_cross_entropy(scores: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Cross entropy to a distribution over exclusive labels, a mean over annotated items.

    Parameters
    ----------
    scores
        Before softmax [shape=(n, n_labels)].
    target
        Shares of raters, or one-hot; rows sum to 1 [shape=(n, n_labels)]. A row with a NaN
        is left out.
    weight
        How much each item counts [shape=(n,)].
    """
    torch = _torch()
    seen = ~torch.isnan(target).any(dim=1)
    each = -(torch.nan_to_num(target) * torch.log_softmax(scores, dim=1)).sum(dim=1)
    return _mean(each, seen, weight)


def binary_cross_entropy(
    scores: Tensor, target: Tensor, weight: Tensor | None = None, positive: Tensor | None = None
) -> Tensor:
    """Cross entropy of labels that may hold together, a mean over annotated cells.

    Parameters
    ----------
    scores
        Before the sigmoid [shape=(n, n_labels)].
    target
        0, 1, or the share of raters who said yes; NaN if nobody was asked
        [shape=(n, n_labels)].
    weight
        How much each item counts [shape=(n,)].
    positive
        How much a yes counts against a no, for each label [shape=(n_labels,)].
    """
    torch = _torch()
    seen = ~torch.isnan(target)
    t = torch.nan_to_num(target)
    yes, no = torch.nn.functional.logsigmoid(scores), torch.nn.functional.logsigmoid(-scores)
    each = -((1.0 if positive is None else positive) * t * yes + (1 - t) * no)
    return _mean(each, seen, None if weight is None else weight[:, None])


def squared_error(predicted: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean squared error over annotated cells [shapes=(n, n_outputs)]."""
    torch = _torch()
    seen = ~torch.isnan(target)
    each = (predicted - torch.nan_to_num(target)) ** 2
    return _mean(each, seen, None if weight is None else weight[:, None])


def concordance_loss(predicted: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """One minus the concordance correlation coefficient, a mean over outputs.

    It is taken over the batch, so batches must be large enough to have moments (64 or more).
    Outputs with fewer than two annotated items in the batch are left out; `weight` is not used.

    References
    ----------
    Lin (1989), equation 2; as a loss, Weninger et al. (2016), Discriminatively trained
    recurrent neural networks for continuous dimensional emotion recognition.
    """
    torch = _torch()
    losses = []
    for column in range(target.shape[1]):
        seen = ~torch.isnan(target[:, column])
        if int(seen.sum()) < 2:
            continue
        x, y = predicted[seen, column], target[seen, column]
        mx, my = x.mean(), y.mean()
        covariance = ((x - mx) * (y - my)).mean()
        apart = x.var(unbiased=False) + y.var(unbiased=False) + (mx - my) ** 2
        losses.append(1 - 2 * covariance / (apart + 1e-8))
    return torch.stack(losses).mean() if losses else 0.0 * predicted.sum()


def gaussian_loss(
    mean: Tensor,
    spread: Tensor,
    target: Tensor,
    told: Tensor | None = None,
    weight: Tensor | None = None,
) -> Tensor:
    """Negative log likelihood of ratings under a normal distribution for each item and output.

    Parameters
    ----------
    mean
        [shape=(n, n_outputs)].
    spread
        Any real number; its softplus is the standard deviation [shape=(n, n_outputs)].
    target
        A rating or a mean rating, NaN if there is none [shape=(n, n_outputs)].
    told
        The standard deviation between raters where it is known, else NaN
        [shape=(n, n_outputs)]: then the expected loss over the raters is taken.
    weight
        How much each item counts [shape=(n,)].

    References
    ----------
    Nix and Weigend (1994), Estimating the mean and variance of the target probability
    distribution, equation 6 (halved, without the constant).
    """
    torch = _torch()
    seen = ~torch.isnan(target)
    sd = torch.nn.functional.softplus(spread) + 1e-3
    apart = (mean - torch.nan_to_num(target)) ** 2
    if told is not None:
        apart = apart + torch.nan_to_num(told) ** 2
    each = torch.log(sd) + apart / (2 * sd**2)
    return _mean(each, seen, None if weight is None else weight[:, None])


def _mean(each: Tensor, seen: Tensor, weight: Tensor | None) -> Tensor:
    count = seen.to(each.dtype) if weight is None else seen * weight
    return (each * count).sum() / count.sum().clamp_min(1e-12)


def _torch() -> Any:
    return require("torch", extra="train")
