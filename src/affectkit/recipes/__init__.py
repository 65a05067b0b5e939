"""One file a paper: run the parts, compare with the right baseline on real data, report."""

from affectkit.recipes.finding import Finding as Finding
from affectkit.recipes.registry import Recipe as Recipe
from affectkit.recipes.registry import recipe as recipe
from affectkit.recipes.registry import recipes as recipes

__all__ = ["Finding", "Recipe", "recipe", "recipes"]
