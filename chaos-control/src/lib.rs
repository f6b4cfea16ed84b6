//! netfault's control plane: the faults asked for become one plan per node, and the nodes' reports
//! become the faults' statuses.

#![forbid(unsafe_code)]
