;;; A visit with eglot: the finding is there, the quick fix answers, the finding is gone.  -*- lexical-binding: t -*-

(package-initialize)
(require 'eglot)
(require 'flymake)

(load (getenv "WHENCE_EL"))
(defvar test-seen nil)

(defun test-say (name value) (push (cons name value) test-seen))

(defun test-wait (what check)
  "Let the editor work until CHECK gives something."
  (let ((end (+ (float-time) 60)) found)
    (while (not (or (setq found (funcall check)) (> (float-time) end)))
      (accept-process-output nil 0.05))
    (unless found (test-say "failure" what) (test-end 1))
    found))

(defun test-end (status)
  (with-temp-file (getenv "WHENCE_SEEN") (insert (json-encode test-seen)))
  (kill-emacs status))

(defun test-shown ()
  (mapcar (lambda (item)
            (list (line-number-at-pos (flymake-diagnostic-beg item))
                  (buffer-substring-no-properties (flymake-diagnostic-beg item) (flymake-diagnostic-end item))
                  (flymake-diagnostic-text item)))
          (sort (flymake-diagnostics) (lambda (a b) (< (flymake-diagnostic-beg a) (flymake-diagnostic-beg b))))))

(setq eglot-sync-connect 30
      eglot-confirm-server-initiated-edits nil
      vc-handled-backends nil
      eglot-server-programs (list (cons 'python-mode whence-command)))
(find-file "tides.py")
(python-mode)
(cl-letf (((symbol-function 'project-current) (lambda (&rest _) (cons 'transient default-directory))))
  (apply #'eglot (eglot--guess-contact)))
(flymake-mode 1)
(flymake-start)
(test-wait "two findings" (lambda () (= 2 (length (flymake-diagnostics)))))
(test-say "first" (vconcat (test-shown)))
(goto-char (flymake-diagnostic-beg (car (last (flymake-diagnostics)))))
(goto-char (point-min))
(search-forward "def smooth")
(whence-explain)
(test-say "explained" (with-current-buffer "*whence*" (buffer-string)))
(let ((actions (eglot-code-actions (line-beginning-position) (line-end-position) nil nil)))
  (test-say "actions" (vconcat (mapcar (lambda (action) (plist-get action :title)) actions)))
  (let ((fix (cl-find-if (lambda (action) (string-prefix-p "Mark human-reviewed" (plist-get action :title))) actions)))
    (pcase fix
      ((pred (lambda (it) (stringp (plist-get it :command))))
       (eglot-execute-command (eglot-current-server) (intern (plist-get fix :command)) (plist-get fix :arguments)))
      (_ (let ((command (plist-get fix :command)))
           (eglot-execute-command (eglot-current-server) (intern (plist-get command :command))
                                  (plist-get command :arguments)))))))
(test-wait "one finding" (lambda () (flymake-start) (= 1 (length (flymake-diagnostics)))))
(test-say "reviewed" (vconcat (test-shown)))
(test-end 0)
