"""The recurrent network under sent2affect: an LSTM over word embeddings, in torch.

References
----------
Kratzwald et al. (2018), Deep learning for affective computing: text-based emotion recognition
in decision support, section 3.2; recurrent dropout as Merity et al. (2018) do it, on the
weights, because one call then runs all steps of a text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affectkit.optional import require

if TYPE_CHECKING:
    from affectkit.learn.text_encoders import RecurrentEncoder


def recurrent_module(
    settings: RecurrentEncoder, table: NDArray[np.float32] | None, n_pieces: int
) -> Any:
    """Return the network: pieces and mask in, the last states of each direction out.

    Parameters
    ----------
    settings
        Of the network.
    table
        Embeddings of the pieces [shape=(n_pieces, n)]; drawn at random if None.
    n_pieces
        How many pieces there are.
    """
    torch = require("torch", extra="train")
    nn = torch.nn

    class Recurrent(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            if table is None:
                self.words = nn.Embedding(n_pieces, settings.word_width)
                nn.init.normal_(self.words.weight, std=0.1)
            else:
                # At unit variance, so that both kinds of table start the gates alike.
                scale = float(table.std()) or 1.0
                self.words = nn.Embedding.from_pretrained(torch.from_numpy(table / scale))
            self.words.weight.requires_grad_(settings.tune_words or table is None)
            self.reader = nn.LSTM(
                self.words.embedding_dim,
                settings.width,
                batch_first=True,
                bidirectional=settings.bidirectional,
            )
            self.width = settings.width * (1 + settings.bidirectional)

        def forward(self, ids: Any, mask: Any) -> Any:
            read = self.words(ids)
            dropping = self.training and settings.dropout > 0
            if dropping:
                same = torch.ones(len(ids), 1, read.shape[2], device=read.device)
                read = read * nn.functional.dropout(same, settings.dropout)
            packed = nn.utils.rnn.pack_padded_sequence(
                read, mask.sum(dim=1).cpu(), batch_first=True, enforce_sorted=False
            )
            start = packed.data.new_zeros(1 + settings.bidirectional, len(ids), settings.width)
            # The weights in the order that torch's own LSTM passes them.
            weights = [
                nn.functional.dropout(w, settings.dropout)
                if dropping and name.startswith("weight_hh")
                else w
                for name, w in self.reader.named_parameters()
            ]
            batch = packed.batch_sizes
            state = torch._VF.lstm(
                packed.data, batch, (start, start), weights, True, 1, 0.0, self.training,
                settings.bidirectional,
            )[1]  # fmt: skip
            last = torch.cat(list(state), dim=1)
            return last[packed.unsorted_indices]

    return Recurrent()
