"""Fused neighbours of dense and reducing ops against PyTorch."""

from ops import fusion, suite

test_fusion = suite.make_test(fusion.cases())
