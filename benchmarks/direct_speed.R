# The same shares by R's survey, timed on request: Rscript direct_speed.R each|all ROWS.csv ANSWERS.csv
suppressMessages(library(survey))
arguments <- commandArgs(trailingOnly = TRUE)
rows <- read.csv(arguments[2], stringsAsFactors = TRUE)
items <- grep("^q", names(rows), value = TRUE)
design <- svydesign(ids = ~commune, strata = ~region, weights = ~weight, data = rows)

by_wave_and_region <- function(names) svyby(reformulate(names), ~wave + region, design, svymean)
each <- function() lapply(items, by_wave_and_region)
all_at_once <- function() by_wave_and_region(items)
shares <- list(each = each, all = all_at_once)[[arguments[1]]]

tidy <- function(table, item, se) data.frame(
  outcome = item, table[c("wave", "region")], estimate = table[[item]], std_error = table[[se]]
)
found <- shares()
tables <- if (arguments[1] == "each") Map(tidy, found, items, "se") else
  lapply(items, function(item) tidy(found, item, paste0("se.", item)))
write.csv(format(do.call(rbind, tables), digits = 15), arguments[3], row.names = FALSE)

cat("survey", as.character(packageVersion("survey")), "in", R.version.string, "\n")
asked <- file("stdin", "r")
while (length(readLines(asked, n = 1))) {
  start <- proc.time()[["elapsed"]]
  shares()
  cat(proc.time()[["elapsed"]] - start, "\n")
}
