# The same regression by R's survey, timed on request: Rscript regression_speed.R +|* ROWS.csv ANSWERS.csv
suppressMessages(library(survey))
arguments <- commandArgs(trailingOnly = TRUE)
rows <- read.csv(arguments[2], stringsAsFactors = TRUE)
design <- svydesign(ids = ~commune, strata = ~region, weights = ~weight, data = rows)
formula <- as.formula(paste("y ~ wave", arguments[1], "region"))

regression <- function() svyglm(formula, design, family = quasibinomial())
found <- regression()
table <- data.frame(
  coefficient = names(coef(found)), estimate = coef(found), std_error = SE(found),
  df = found$df.residual
)
write.csv(format(table, digits = 15), arguments[3], row.names = FALSE)

cat("survey", as.character(packageVersion("survey")), "in", R.version.string, "\n")
asked <- file("stdin", "r")
while (length(readLines(asked, n = 1))) {
  start <- Sys.time()
  summary(regression())
  cat(as.numeric(Sys.time() - start, units = "secs"), "\n")
}
