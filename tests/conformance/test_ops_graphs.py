"""Random graphs against NumPy."""

from ops import graphs, suite

test_graph = suite.make_test(graphs.cases(), per_module=40)
