"""What Inspect finds of us through its entry point: tasks, solvers, scorers, models."""

from affectkit.evals.emobench import best_choice as best_choice
from affectkit.evals.emobench import emobench as emobench
from affectkit.evals.emobench import emotion_and_cause as emotion_and_cause
from affectkit.evals.emotion_labels import emotion_labels as emotion_labels
from affectkit.evals.emotion_labels import goemotions as goemotions
from affectkit.evals.eq_bench import eq_bench as eq_bench
from affectkit.evals.eq_bench import intensities as intensities
from affectkit.evals.providers import affectkit_model as affectkit_model
from affectkit.evals.scoring import readable as readable
