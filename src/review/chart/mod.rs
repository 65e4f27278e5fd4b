//! Charts as SVG, made on the server: one component for the dashboard and the
//! HTML report.
